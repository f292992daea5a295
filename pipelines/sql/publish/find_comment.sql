-- What: the words on the tables that looking an invoice up is fast by.
-- Grain: none.
-- Inputs: the reader.out_find_ tables.
-- Parameters: none.
COMMENT ON TABLE reader.out_find_number IS '查票索引：号码 | Index of fapiao find: every number by which an item can be looked up';
COMMENT ON COLUMN reader.out_find_number.tail IS '后 8 位倒序 | last 8 digits read backwards, filled up with 0; -1 if no digits';
COMMENT ON COLUMN reader.out_find_number.number IS '号码（含代码） | code and number, or the cleaned ledger text';
COMMENT ON COLUMN reader.out_find_number.item_row IS '核对项的行 | rowid in recon__item';
COMMENT ON TABLE reader.out_find_item IS '查票索引：核对项 | Index of fapiao find: where the first records of an item are; row by row as recon__item';
COMMENT ON COLUMN reader.out_find_item.item_row IS '核对项的行 | rowid in recon__item, and here';
COMMENT ON COLUMN reader.out_find_item.upstream_row IS '发票的行 | rowid in core_upstream__invoice; NULL if it has none';
COMMENT ON COLUMN reader.out_find_item.ledger_row IS '分录的行 | rowid in core_ledger__entry; NULL if it has none';
COMMENT ON TABLE reader.out_find_further IS '查票索引：其余成员 | Index of fapiao find: records of an item beyond the first of a side';
COMMENT ON COLUMN reader.out_find_further.item_row IS '核对项的行 | rowid in recon__item';
COMMENT ON COLUMN reader.out_find_further.side IS '税务 upstream / 账 ledger | which core table the record is in';
COMMENT ON COLUMN reader.out_find_further.record_row IS '记录的行 | rowid in that core table';
COMMENT ON TABLE reader.out_find_amount IS '查票索引：金额 | Index of fapiao find: every sum of the records of an item';
COMMENT ON COLUMN reader.out_find_amount.amount_cny IS '合计、金额或税额，不计正负（元） | a total, amount or tax, without sign';
COMMENT ON COLUMN reader.out_find_amount.item_row IS '核对项的行 | rowid in recon__item';
COMMENT ON TABLE reader.out_find_party IS '查票索引：名称 | Index of fapiao find: names of parties as they are compared';
COMMENT ON COLUMN reader.out_find_party.party IS '比对用的名称 | half-width brackets, upper case, without blanks';
COMMENT ON COLUMN reader.out_find_party.name IS '名称 | as it is written';
COMMENT ON TABLE reader.out_find_event IS '沿革 | What happened to the records of an item: first sight, changes, findings that came and went';
COMMENT ON COLUMN reader.out_find_event.item_row IS '核对项的行 | rowid in recon__item';
COMMENT ON COLUMN reader.out_find_event.happened_at IS '时间 | when the file was made, or as_of of the night; Beijing time';
COMMENT ON COLUMN reader.out_find_event.event IS '事件 | seen (upstream) or booked (ledger) first, only for records that changed; changed; found; gone';
COMMENT ON COLUMN reader.out_find_event.side IS '税务 upstream / 账 ledger | which core table the record is in; NULL for a finding';
COMMENT ON COLUMN reader.out_find_event.record_id IS '记录号 | record_id in that core table; NULL for a finding';
COMMENT ON COLUMN reader.out_find_event.field IS '字段 | column that has another value; NULL for a finding';
COMMENT ON COLUMN reader.out_find_event.value_before IS '原值 | value before; the cause of a finding that is gone';
COMMENT ON COLUMN reader.out_find_event.value_after IS '新值 | value since then; the cause of a finding that began';
COMMENT ON COLUMN reader.out_find_event.source_file IS '来源文件 | file that showed it; NULL for a finding';
COMMENT ON COLUMN reader.out_find_event.source_row IS '来源行号 | row in that file';
