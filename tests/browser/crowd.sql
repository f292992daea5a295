-- crowd: many findings for tests of the page, each with one invoice and one ledger line.
-- Grain: one item per number of the range. Inputs: none.
-- Parameters: count, causes and verdicts (of equal length), taxpayer, as_of, night_id, earlier.
CREATE TEMP TABLE crowd AS
SELECT
    i, 'I' || md5(i::VARCHAR) AS item_id, $causes[1 + i % len($causes)] AS cause,
    $verdicts[1 + i % len($causes)] AS verdict, if(i % 7 = 0, 'output', 'input') AS direction,
    (1 + hash(i) % 50000000 / 100)::DECIMAL(18, 2) AS total,
    '26442000' || lpad((hash(i + 1) % 1000000000000)::VARCHAR, 12, '0') AS number,
    '样例第' || (hash(i + 2) % 700) || '（深圳）电子有限公司' AS party,
    '91440300MA' || lpad((hash(i + 2) % 700)::VARCHAR, 8, '0') AS party_id
FROM range($count) AS r(i);
INSERT INTO recon__item BY NAME
SELECT
    item_id, $taxpayer AS taxpayer_id, direction, verdict, cause, 'observed' AS basis, FALSE AS needs_review,
    total AS upstream_total_cny, total + 1 AS ledger_total_cny, 1.00 AS difference_cny, ['total_cny'] AS differing_fields,
    '凭证 记-' || i || ' 的发票 ' || number || '（' || party || '，' || total || ' 元）与税务系统不一致：请核对原票后更正。'
        AS explanation_zh,
    'Voucher ' || i || ', invoice ' || number || ' of ' || total || ' CNY disagrees: check the document.' AS explanation_en
FROM crowd;
INSERT INTO recon__member BY NAME
SELECT item_id, unnest(['upstream', 'ledger']) AS side, unnest(['U' || i, 'L' || i]) AS record_id FROM crowd;
INSERT INTO core_upstream__invoice BY NAME
SELECT
    'U' || i AS record_id, $taxpayer AS taxpayer_id, direction, number AS invoice_number, total AS total_cny,
    ($as_of - to_days((i % 200)::INTEGER)) AS issued_at, (total / 1.13)::DECIMAL(18, 2) AS amount_cny,
    total - amount_cny AS tax_cny, party AS seller_name, party AS buyer_name, party_id AS seller_tax_id,
    party_id AS buyer_tax_id, 'normal' AS status, FALSE AS is_red, $as_of AS observed_at,
    '全量发票查询导出结果.xlsx' AS source_file, i + 2 AS source_row
FROM crowd;
INSERT INTO core_ledger__entry BY NAME
SELECT
    'L' || i AS record_id, $taxpayer AS taxpayer_id, direction, ($as_of - to_days((i % 90)::INTEGER))::DATE AS posted_on,
    '记-' || i AS voucher_no, number AS invoice_reference, party AS counterparty_name, total + 1 AS total_cny,
    $as_of AS observed_at, '台账明细.csv' AS source_file, i + 2 AS source_row
FROM crowd;
INSERT INTO night__finding BY NAME
SELECT item_id, cause, if(i % 100 = 0, $night_id, $earlier) AS first_night, $night_id AS last_night FROM crowd;
