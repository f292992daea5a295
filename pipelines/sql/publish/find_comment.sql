-- What: the words on the two tables that looking an invoice up is fast by.
-- Grain: none.
-- Inputs: reader.out_find_number, reader.out_find_member.
-- Parameters: none.
COMMENT ON TABLE reader.out_find_number IS '查票索引：号码 | Index of fapiao find: every number by which an item can be looked up';
COMMENT ON COLUMN reader.out_find_number.tail IS '后 8 位倒序 | last 8 digits read backwards, filled up with 0; -1 if no digits';
COMMENT ON COLUMN reader.out_find_number.number IS '号码（含代码） | code and number, or the cleaned ledger text';
COMMENT ON COLUMN reader.out_find_number.item_row IS '核对项的行 | rowid in recon__item';
COMMENT ON TABLE reader.out_find_member IS '查票索引：成员 | Index of fapiao find: the rows of the records of an item';
COMMENT ON COLUMN reader.out_find_member.item_row IS '核对项的行 | rowid in recon__item';
COMMENT ON COLUMN reader.out_find_member.side IS '税务 upstream / 账 ledger | which core table the record is in';
COMMENT ON COLUMN reader.out_find_member.record_row IS '记录的行 | rowid in that core table';
