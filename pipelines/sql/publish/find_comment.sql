-- What: the words on the tables that looking an invoice up is fast by.
-- Grain: none.
-- Inputs: reader.out_find_number, reader.out_find_member, reader.out_find_event.
-- Parameters: none.
COMMENT ON TABLE reader.out_find_number IS '查票索引：号码 | Index of fapiao find: every number by which an item can be looked up';
COMMENT ON COLUMN reader.out_find_number.tail IS '后 8 位倒序 | last 8 digits read backwards, filled up with 0; -1 if no digits';
COMMENT ON COLUMN reader.out_find_number.number IS '号码（含代码） | code and number, or the cleaned ledger text';
COMMENT ON COLUMN reader.out_find_number.item_row IS '核对项的行 | rowid in recon__item';
COMMENT ON TABLE reader.out_find_member IS '查票索引：成员 | Index of fapiao find: the rows of the records of an item';
COMMENT ON COLUMN reader.out_find_member.item_row IS '核对项的行 | rowid in recon__item';
COMMENT ON COLUMN reader.out_find_member.side IS '税务 upstream / 账 ledger | which core table the record is in';
COMMENT ON COLUMN reader.out_find_member.record_row IS '记录的行 | rowid in that core table';
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
