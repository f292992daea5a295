-- What: a working database full of invoices, each but one in fifty with its ledger line, as a night leaves it: 20 digits of
--       two years and 30 regions, or 8 digits under a code; 50,000 parties; one reference in 30 is shortened.
-- Grain: one row per invoice, per ledger line, per item, per member.
-- Inputs: none.
-- Parameters: $invoices, $day (the last day of issue), $night_id, $as_of.
INSERT INTO core_upstream__invoice BY NAME
SELECT
    md5('u' || i) AS record_id, '91110000MA0MX3AY3Y' AS taxpayer_id, 'input' AS direction,
    CASE WHEN i % 5 = 0 THEN printf('1100%d1%02d0', 23 + i % 4, i // 5 % 40) END AS invoice_code,
    CASE WHEN i % 5 = 0 THEN printf('%08d', hash(i) % 100000000)
        ELSE printf('%d%02d2%05d%010d', 25 + i % 2, 11 + hash(i) % 30 * 2, 0, hash(i) % 1000000000) END AS invoice_number,
    '数电票（增值税专用发票）' AS kind,
    CAST($day AS TIMESTAMP) - to_seconds(i * 700 * 86400 // $invoices) AS issued_at,
    printf('9111%014d', hash(i // 3) % 50000) AS seller_tax_id,
    printf('示例%d号电子科技（北京）有限公司', hash(i // 3) % 50000) AS seller_name,
    '91110000MA0MX3AY3Y' AS buyer_tax_id, '北京云栖示例贸易有限公司' AS buyer_name,
    CAST(hash(i) % 20000000 AS DECIMAL(18,2)) / 100 AS amount_cny, amount_cny * 0.13 AS tax_cny,
    CAST(amount_cny AS DECIMAL(18,2)) + CAST(amount_cny * 0.13 AS DECIMAL(18,2)) AS total_cny,
    CASE i % 100 WHEN 7 THEN 'void' WHEN 9 THEN 'red_full' ELSE 'normal' END AS status, FALSE AS is_red,
    CAST($as_of AS TIMESTAMP) AS observed_at, 'tax_input' AS source_id,
    printf('全量发票查询导出结果（%d）.xlsx', i // 40000) AS source_file, i % 40000 + 2 AS source_row
FROM range($invoices) AS n (i);
INSERT INTO core_ledger__entry BY NAME
SELECT
    replace(u.record_id, 'a', 'e') || 'l' AS record_id, u.taxpayer_id, u.direction, u.issued_at::DATE + 5 AS posted_on,
    printf('记-%d', u.source_row % 3000) AS voucher_no,
    CASE u.source_row % 30 WHEN 0 THEN right(u.invoice_number, 8) WHEN 1 THEN '发票号' || u.invoice_number
        ELSE u.invoice_number END AS invoice_reference,
    u.issued_at::DATE AS invoice_date, u.seller_tax_id AS counterparty_tax_id,
    translate(u.seller_name, '（）', '()') AS counterparty_name, u.amount_cny, u.tax_cny, u.total_cny,
    '采购材料' AS summary, u.observed_at, 'erp' AS source_id, printf('序时簿%s.csv', u.issued_at::DATE) AS source_file,
    u.source_row
FROM core_upstream__invoice AS u
WHERE u.source_row % 50 <> 3;
INSERT INTO recon__item BY NAME
SELECT
    'U:' || u.record_id AS item_id, u.taxpayer_id, u.direction,
    CASE WHEN u.source_row % 50 = 3 THEN 'missing_ledger' ELSE 'matched' END AS verdict,
    CASE WHEN u.source_row % 50 = 3 THEN 'not_booked' ELSE 'exact' END AS cause, 'exact_key' AS rule, 'observed' AS basis,
    FALSE AS needs_review, u.total_cny AS upstream_total_cny,
    CASE WHEN u.source_row % 50 <> 3 THEN u.total_cny END AS ledger_total_cny,
    CASE WHEN u.source_row % 50 <> 3 THEN 0 END AS difference_cny,
    '发票 ' || u.invoice_number || ' 账税一致，价税合计 ' || u.total_cny || ' 元，无需处理。' AS explanation_zh,
    'Invoice ' || u.invoice_number || ' agrees on both sides, total ' || u.total_cny || ' CNY. Nothing to do.'
        AS explanation_en
FROM core_upstream__invoice AS u;
INSERT INTO recon__member
SELECT 'U:' || record_id, 'upstream', record_id FROM core_upstream__invoice
UNION ALL
SELECT 'U:' || record_id, 'ledger', replace(record_id, 'a', 'e') || 'l'
FROM core_upstream__invoice WHERE source_row % 50 <> 3;
INSERT INTO night__finding
SELECT item_id, cause, $night_id, $night_id, NULL FROM recon__item WHERE verdict <> 'matched';
INSERT INTO night__run VALUES ($night_id, $as_of, $as_of, NULL, FALSE, NULL);
