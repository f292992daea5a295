-- what: every ledger line without a sure number, and the lines that may be an invoice's only together, once more as one
-- grain: work_taken one row per invoice that no such line may have; work_unsure one row per line, and per whole; work_part one row
--        per whole and line of it; work_whole_line one row per whole; and the macro laned
-- inputs: work_open_ledger, work_named, work_role, work_listed_twice, work_decided, work_reference, work_looked, work_impossible,
--         work_forbidden, the macro looked_at (coverage.sql)
-- parameters: $as_of, $grace_hours, $lookback_days
-- A voucher often has one line for the amount and one for the tax. Whatever is wrong with their number, or if only the first of
-- them has it, it is the sum that tells which invoice they are: so lines of one party and one text, and lines of one party and
-- voucher of which some have no number and the others one, are offered to the rules as a whole. `parts` hands on what is found.

CREATE OR REPLACE TEMP TABLE work_taken AS
SELECT upstream_id FROM work_role WHERE role = 'kept' OR is_held
UNION
SELECT upstream_id FROM work_named WHERE n_numbers > 1
UNION
SELECT record_id AS upstream_id FROM work_listed_twice
UNION
SELECT record_id AS upstream_id FROM work_decided WHERE side = 'upstream' AND kind = 'leave_alone';

CREATE OR REPLACE TEMP MACRO laned(lines) AS TABLE
WITH placed AS (
    SELECT
        *,
        CASE WHEN line_total IS NOT NULL THEN 'total' ELSE 'amount' END AS money_kind,
        coalesce(line_total, line_amount) AS money,
        invoice_date IS NOT NULL AS is_dated,
        CASE WHEN invoice_date IS NOT NULL AND party_hash IS NOT NULL AND name_hash IS NOT NULL THEN 'day_id'
             WHEN invoice_date IS NOT NULL AND party_hash IS NULL AND name_hash IS NOT NULL THEN 'day_name'
             WHEN invoice_date IS NOT NULL THEN 'day'
             WHEN party_hash IS NOT NULL THEN 'party_id'
             WHEN name_hash IS NOT NULL THEN 'party_name' ELSE 'money' END AS lane
    FROM query_table(lines)
),
priced AS (SELECT *, money_key(company_key(taxpayer_id, direction), money_kind, money) AS money_key FROM placed)
SELECT
    *,
    CASE lane WHEN 'day_id' THEN lane_key(money_key, lane, hash(invoice_date, party_hash))
              WHEN 'day_name' THEN lane_key(money_key, lane, hash(invoice_date, name_hash))
              WHEN 'day' THEN lane_key(money_key, lane, invoice_date)
              WHEN 'party_id' THEN lane_key(money_key, lane, party_hash)
              WHEN 'party_name' THEN lane_key(money_key, lane, name_hash)
              ELSE lane_key(money_key, lane, TRUE) END AS lane_hash
FROM priced;

CREATE OR REPLACE TEMP VIEW work_unsure_line AS
SELECT l.* EXCLUDE (invoice_reference, invoice_code), r.upstream_id AS named_id
FROM work_open_ledger l
LEFT JOIN work_role r ON r.ledger_id = l.record_id
WHERE (r.role = 'doubtful' OR r.ledger_id IS NULL)
  AND l.record_id NOT IN (SELECT ledger_id FROM work_named WHERE n_numbers > 1)
  AND l.record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'ledger' AND kind = 'leave_alone');

CREATE OR REPLACE TEMP TABLE work_unsure AS FROM laned('work_unsure_line');

CREATE OR REPLACE TEMP TABLE work_part AS
WITH line AS (
    SELECT
        record_id AS ledger_id, hash(taxpayer_id, direction, coalesce(party_hash, name_hash)) AS party_key,
        CASE WHEN coalesce(party_hash, name_hash) IS NOT NULL AND trim(voucher_no) <> '' THEN hash(voucher_no, posted_on) END
            AS voucher_key,
        CASE WHEN float_prefix IS NOT NULL OR record_id IN (SELECT ledger_id FROM work_reference) THEN hash(plain, code) END
            AS text_key,
        invoice_date, named_id, line_total IS NULL AS has_no_total, line_amount IS NULL AS has_no_amount
    FROM work_unsure
),
placed AS (
    SELECT *, hash('text', party_key, text_key) AS whole_key FROM line WHERE text_key IS NOT NULL
    UNION ALL
    SELECT *, hash('voucher', party_key, voucher_key) FROM line WHERE voucher_key IS NOT NULL
),
whole AS (
    SELECT whole_key, any_value(text_key IS NOT NULL AND whole_key = hash('text', party_key, text_key)) AS is_text
    FROM placed
    GROUP BY whole_key
    HAVING count(*) > 1 AND count(DISTINCT text_key) <= 1 AND count(DISTINCT named_id) <= 1 AND count(DISTINCT invoice_date) <= 1
       AND NOT (bool_or(has_no_total) AND bool_or(has_no_amount))
       AND (is_text OR bool_or(text_key IS NULL))
)
SELECT
    CASE WHEN is_text THEN 'text of ' ELSE 'voucher of ' END || min(ledger_id) OVER (PARTITION BY whole_key) AS whole_id,
    ledger_id, text_key IS NOT NULL AS has_number
FROM placed JOIN whole USING (whole_key);

CREATE OR REPLACE TEMP TABLE work_whole_line AS
WITH whole AS (
    SELECT
        p.whole_id, arg_min(l.record_id, (NOT p.has_number, l.record_id)) AS first_id, min(l.posted_on) AS posted_on,
        max(l.invoice_date) AS invoice_date, max(l.named_id) AS named_id,
        CASE WHEN count(DISTINCT l.name_hash) = 1 THEN max(l.name_hash) END AS name_hash,
        CASE WHEN count(l.line_total) = count(*) THEN try_cast(sum(l.line_total) AS DECIMAL(18,2)) END AS total,
        CASE WHEN count(l.line_amount) = count(*) THEN try_cast(sum(l.line_amount) AS DECIMAL(18,2)) END AS amount,
        CASE WHEN count(l.tax_cny) = count(*) THEN try_cast(sum(l.tax_cny) AS DECIMAL(18,2)) END AS tax
    FROM work_part p JOIN work_unsure l ON l.record_id = p.ledger_id
    GROUP BY p.whole_id
)
SELECT
    l.* EXCLUDE (money_kind, money, is_dated, lane, money_key, lane_hash) REPLACE (
        w.whole_id AS record_id, w.posted_on AS posted_on, w.invoice_date AS invoice_date,
        w.named_id AS named_id, w.name_hash AS name_hash,
        w.total AS total_cny, w.total AS line_total, w.amount AS amount_cny, w.amount AS line_amount, w.tax AS tax_cny
    ),
    w.first_id
FROM whole w JOIN work_unsure l ON l.record_id = w.first_id
WHERE coalesce(w.total, w.amount) <> 0;

INSERT INTO work_unsure BY NAME SELECT * EXCLUDE (first_id) FROM laned('work_whole_line');

INSERT INTO work_looked FROM looked_at('work_whole_line', $as_of::TIMESTAMP, $grace_hours, $lookback_days);

-- The number of a real invoice is not a broken one: what it stands in for is told by the sum alone.
INSERT INTO work_reference BY NAME
SELECT r.* REPLACE (w.record_id AS ledger_id)
FROM work_whole_line w JOIN work_reference r ON r.ledger_id = w.first_id
WHERE w.named_id IS NULL;

INSERT INTO work_impossible
SELECT w.record_id FROM work_whole_line w JOIN work_impossible i ON i.ledger_id = w.first_id;

INSERT INTO work_forbidden
SELECT DISTINCT p.whole_id, f.upstream_id FROM work_part p JOIN work_forbidden f ON f.ledger_id = p.ledger_id;

