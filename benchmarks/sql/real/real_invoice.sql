-- what: the real invoices of the largest enterprises, typed, with what planting faults must know of them
-- grain: one row per row of the files; is_surplus: the same row once more; is_crowded: the same party has that total
--     again within 60 days, so only a guess could tell the two apart without their numbers
-- inputs: $input, $output (credit_input.csv.gz, credit_output.csv.gz)
-- parameters: $companies (how many enterprises)
CREATE OR REPLACE TEMP TABLE real_invoice AS
WITH source AS (
    SELECT 'input' AS direction, *, "销方单位代号" AS party FROM read_csv($input, all_varchar = TRUE)
    UNION ALL BY NAME
    SELECT 'output' AS direction, *, "购方单位代号" AS party FROM read_csv($output, all_varchar = TRUE)
),

company AS (
    SELECT "企业代号" AS taxpayer_id, row_number() OVER (ORDER BY count(*) DESC, "企业代号") AS place
    FROM source
    GROUP BY "企业代号"
),

typed AS (
    SELECT
        direction,
        taxpayer_id,
        place % 2 = 1 AS keeps_date,
        CAST("原行号" AS INTEGER) AS source_row,
        lpad("发票号码", 8, '0') AS number,
        CAST(strptime("开票日期", '%Y/%m/%d') AS DATE) AS issued_on,
        party,
        CAST("金额" AS DECIMAL(18, 2)) AS amount_cny,
        CAST("税额" AS DECIMAL(18, 2)) AS tax_cny,
        CAST("价税合计" AS DECIMAL(18, 2)) AS total_cny,
        trim("发票状态") = '作废发票' AS is_void
    FROM source
    JOIN company ON company.taxpayer_id = source."企业代号"
    WHERE place <= $companies
),

told AS (
    SELECT
        *,
        'U' || lpad(CAST(row_number() OVER (ORDER BY direction, taxpayer_id, source_row) AS VARCHAR), 8, '0')
            AS record_id,
        count(*) OVER (PARTITION BY direction, taxpayer_id, number) > 1 AS is_repeated,
        row_number() OVER (
            PARTITION BY direction, taxpayer_id, number, issued_on, party, amount_cny, tax_cny, total_cny, is_void
            ORDER BY source_row
        ) > 1 AS is_surplus
    FROM typed
)

SELECT
    *,
    count(*) FILTER (NOT is_surplus) OVER (
        PARTITION BY direction, taxpayer_id, party, total_cny
        ORDER BY issued_on
        RANGE BETWEEN INTERVAL 60 DAYS PRECEDING AND INTERVAL 60 DAYS FOLLOWING
    ) > 1 AS is_crowded
FROM told;
