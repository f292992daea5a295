-- What: every answer of the verification service (查验), beside the item that the line it was asked for stands in now.
-- Grain: one row per answer and ledger line.
-- Inputs: core_verification__answer, recon__member, recon__item, core_ledger__entry.
-- Parameters: none.
-- An answer stays when its item is settled: it was evidence then.
CREATE OR REPLACE VIEW out__verification AS
SELECT
    a.answer_id, a.asked_at, a.outcome, a.message, a.asked_code, a.asked_number, a.asked_on, a.asked_amount_cny,
    a.asked_total_cny, a.status, a.issued_at, a.seller_tax_id, a.seller_name, a.buyer_tax_id, a.buyer_name, a.amount_cny,
    a.tax_cny, a.total_cny, a.is_ours, a.requests, a.taxpayer_id, a.direction, l.voucher_no, a.ledger_id, m.item_id,
    i.verdict, i.cause,
    row_number() OVER (PARTITION BY a.ledger_id ORDER BY a.received_at DESC, a.asked_at DESC, a.answer_id) = 1 AS is_latest,
    a.result_code, a.source_file, a.source_row
FROM (SELECT *, unnest(ledger_ids) AS ledger_id FROM core_verification__answer) AS a
LEFT JOIN core_ledger__entry AS l ON l.record_id = a.ledger_id
LEFT JOIN recon__member AS m ON m.side = 'ledger' AND m.record_id = a.ledger_id
LEFT JOIN recon__item AS i ON i.item_id = m.item_id;
COMMENT ON VIEW out__verification IS '查验平台的答复与核对项 | Answers of the verification service beside the items';
COMMENT ON COLUMN out__verification.ledger_id IS '账上记录号 | record_id in core_ledger__entry of the line it was asked for';
COMMENT ON COLUMN out__verification.is_latest IS '是否最近一次 | the newest answer about that line';
COMMENT ON COLUMN out__verification.source_row IS '序号 | place of the answer in the bundle of its night';
COMMENT ON COLUMN out__verification.issued_at IS '答复的开票时间 | time of issue as told, Beijing time';
COMMENT ON COLUMN out__verification.status IS '答复的发票状态 | as told; NULL if it was not told';
COMMENT ON COLUMN out__verification.seller_tax_id IS '答复的销方识别号 | seller''s tax id as told';
COMMENT ON COLUMN out__verification.seller_name IS '答复的销方名称 | seller''s name as told';
COMMENT ON COLUMN out__verification.buyer_tax_id IS '答复的购方识别号 | buyer''s tax id as told';
COMMENT ON COLUMN out__verification.buyer_name IS '答复的购方名称 | buyer''s name as told';
COMMENT ON COLUMN out__verification.amount_cny IS '答复的不含税金额（元） | amount without tax as told';
COMMENT ON COLUMN out__verification.tax_cny IS '答复的税额（元） | tax as told';
COMMENT ON COLUMN out__verification.total_cny IS '答复的价税合计（元） | total with tax as told';
COMMENT ON COLUMN out__verification.verdict IS '现在的结论 | verdict of the item that the line stands in now';
COMMENT ON COLUMN out__verification.cause IS '现在的原因 | cause of that item';
COMMENT ON COLUMN out__verification.taxpayer_id IS '本企业税号 | tax id of our own entity';
