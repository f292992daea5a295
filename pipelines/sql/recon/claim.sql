-- what: every invoice that an open ledger line names by number or part of it, in the whole population, with what agrees
-- grain: work_claim one row per ledger line, reading, number in it and invoice; work_crowded_number one row per number
--        that too many lines and invoices share to be compared one by one
-- inputs: work_reference, work_open_ledger, work_known, work_listed_twice, work_decided, work_forbidden
-- parameters: $as_of, $tolerance, $max_repeated, $max_pairs
-- Which claims become links is up to the rules (sql/recon/rules); they write work_accepted and work_refused.

-- A table of its own, so that the sides meet on the number and never on taxpayer and direction alone; only with what is
-- compared, for every text that is copied costs.
CREATE OR REPLACE TEMP TABLE work_cited AS
SELECT
    r.*, r.number AS asked_number, 'whole' AS part, l.taxpayer_id, l.direction, l.invoice_date, l.party_hash,
    l.name_hash, l.total_cny, l.amount_cny, l.line_total, l.line_amount
FROM work_reference r
JOIN work_open_ledger l ON l.record_id = r.ledger_id
WHERE r.ledger_id NOT IN (
    SELECT record_id FROM work_decided WHERE side = 'ledger' AND kind IN ('link', 'leave_alone'));

CREATE OR REPLACE TEMP MACRO front_text(number, money_kind, money, party_hash) AS
    CAST(hash(left(number, 16), money_kind, CAST(money AS DECIMAL(18,2)), party_hash) AS VARCHAR);

-- What may be part of 20 digits asks by the part that all such have. What was issued in a row begins alike: there money and
-- party must be the line's.
INSERT INTO work_cited
SELECT * REPLACE (right(number, 8) AS asked_number, 'end' AS part) FROM work_cited
WHERE part = 'whole' AND length(number) BETWEEN 9 AND 18 AND code IS NULL
UNION ALL
SELECT * REPLACE (
    front_text(number, CASE WHEN line_total IS NOT NULL THEN 'total' ELSE 'amount' END, coalesce(line_total, line_amount),
               coalesce(party_hash, name_hash)) AS asked_number,
    'front' AS part
)
FROM work_cited
WHERE part = 'whole' AND n_numbers = 1 AND is_front(number, code, $as_of::TIMESTAMP)
UNION ALL
-- Several lines of one beginning and one party may be parts of its booking: then their sum is the invoice's.
SELECT * EXCLUDE (n_lines, n_totals, sum_total, sum_amount) REPLACE (
    front_text(number, CASE n_totals WHEN n_lines THEN 'total' ELSE 'amount' END,
               CASE n_totals WHEN n_lines THEN sum_total ELSE sum_amount END, coalesce(party_hash, name_hash)) AS asked_number,
    'front_of_parts' AS part
)
FROM (
    SELECT
        *, count(*) OVER parts AS n_lines, count(line_total) OVER parts AS n_totals, sum(line_total) OVER parts AS sum_total,
        sum(line_amount) OVER parts AS sum_amount
    FROM work_cited
    WHERE part = 'whole' AND n_numbers = 1 AND is_front(number, code, $as_of::TIMESTAMP)
      AND coalesce(party_hash, name_hash) IS NOT NULL
    WINDOW parts AS (PARTITION BY taxpayer_id, direction, number, coalesce(party_hash, name_hash))
    QUALIFY n_lines > 1 AND (n_totals = n_lines OR count(line_amount) OVER parts = n_lines)
)
UNION ALL
-- A reversal may be booked under the beginning of the blue number, too.
SELECT * REPLACE (
    front_text(number, CASE WHEN line_total IS NOT NULL THEN 'total' ELSE 'amount' END, -coalesce(line_total, line_amount),
               coalesce(party_hash, name_hash)) AS asked_number,
    'front_of_blue' AS part
)
FROM work_cited
WHERE part = 'whole' AND n_numbers = 1 AND coalesce(line_total, line_amount) < 0 AND is_front(number, code, $as_of::TIMESTAMP);

CREATE OR REPLACE TEMP VIEW work_reached AS
SELECT number AS named_number, 'number' AS way, * FROM work_known
UNION ALL
SELECT right(number, 8) AS named_number, 'end' AS way, * FROM work_known WHERE length(number) = 20
UNION ALL
-- 数电纸质票: the paper shows a code and eight digits of its own.
SELECT paper_number AS named_number, 'paper' AS way, * FROM work_known WHERE paper_number IS NOT NULL
UNION ALL
SELECT
    unnest([front_text(number, 'total', total_cny, party_hash), front_text(number, 'amount', amount_cny, party_hash),
            front_text(number, 'total', total_cny, name_hash), front_text(number, 'amount', amount_cny, name_hash),
            front_text(number, 'total', total_cny, NULL), front_text(number, 'amount', amount_cny, NULL)]) AS named_number,
    'front' AS way, *
FROM work_known
WHERE length(number) = 20 AND getvariable('has_front');

CREATE OR REPLACE TEMP MACRO is_reached(asked_part, asked, way, found) AS
    CASE asked_part WHEN 'whole' THEN way <> 'front'
                    WHEN 'end' THEN way = 'end' AND ends_with(found, asked)
                    ELSE way = 'front' AND starts_with(found, asked) END;

CREATE OR REPLACE TEMP TABLE work_crowded_number AS
WITH line AS (
    SELECT taxpayer_id, direction, number, code, asked_number, part, count(*) AS n_lines
    FROM work_cited
    GROUP BY ALL
    HAVING count(*) > $max_repeated
)
SELECT l.taxpayer_id, l.direction, l.number, l.code, l.asked_number
FROM line l
JOIN work_reached u
  ON u.taxpayer_id = l.taxpayer_id AND u.direction = l.direction AND u.named_number = l.asked_number
-- Eight digits repeat under many codes: a line with a code is in a crowd of that code only.
WHERE is_reached(l.part, l.number, u.way, u.number) AND coalesce(u.code = l.code, TRUE)
GROUP BY ALL
HAVING count(*) * any_value(l.n_lines) > $max_pairs;

CREATE OR REPLACE TEMP TABLE work_crowded_line AS
SELECT DISTINCT r.ledger_id
FROM work_cited r
SEMI JOIN work_crowded_number w
  ON w.taxpayer_id = r.taxpayer_id AND w.direction = r.direction AND w.number = r.number
 AND w.code IS NOT DISTINCT FROM r.code AND w.asked_number = r.asked_number;

CREATE OR REPLACE TEMP TABLE work_claim AS
WITH compared AS (
    SELECT
        r.ledger_id, r.alt, r.position, r.n_numbers, r.form, r.is_placeholder, r.number AS named_number,
        u.record_id AS upstream_id, u.number AS upstream_number, u.code AS upstream_code,
        CASE
            WHEN r.part <> 'whole' THEN 'cut_number'
            WHEN u.way = 'end' THEN 'last_8'
            WHEN r.form = 'lost_zeros' AND coalesce(r.code = u.code, TRUE) THEN 'lost_zeros'
            WHEN u.way = 'number' AND (length(u.number) = 20 OR r.code IS NOT DISTINCT FROM u.code) THEN 'exact_key'
            WHEN r.code = u.code THEN 'exact_key'
            WHEN r.code IS NULL OR u.code IS NULL THEN 'without_code'
            ELSE 'code_differs'
        END AS rule,
        r.code IS NOT NULL AND u.code IS NOT NULL AS has_code,
        r.part = 'front_of_parts' AS is_of_parts,
        -- The money of a list is that of all its invoices together: nothing to compare with a single one.
        CASE WHEN r.part = 'front_of_parts' THEN TRUE
             WHEN r.n_numbers = 1 AND r.part <> 'front_of_blue'
             THEN coalesce(abs(r.total_cny - u.total_cny), abs(r.amount_cny - u.amount_cny)) <= $tolerance
        END AS money_agrees,
        party_hash_agrees(r.party_hash, r.name_hash, u.party_hash, u.name_hash) AS party_agrees,
        r.invoice_date = u.issued_on AS date_agrees,
        coalesce(r.line_total, r.line_amount) < 0 AS is_reversal,
        u.issued_on, u.observed_at
    FROM work_cited r
    ANTI JOIN work_crowded_number w
      ON w.taxpayer_id = r.taxpayer_id AND w.direction = r.direction AND w.number = r.number
     AND w.code IS NOT DISTINCT FROM r.code AND w.asked_number = r.asked_number
    JOIN work_reached u
      ON u.taxpayer_id = r.taxpayer_id AND u.direction = r.direction AND u.named_number = r.asked_number
    ANTI JOIN work_forbidden f ON f.ledger_id = r.ledger_id AND f.upstream_id = u.record_id
    WHERE is_reached(r.part, r.number, u.way, u.number)
      AND u.record_id NOT IN (SELECT record_id FROM work_listed_twice)
      AND u.record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'upstream' AND kind = 'leave_alone')
      -- Digits in front of the last 8 count: a reference that has them and differs there is a different number.
      AND (u.way <> 'end' OR r.code IS NULL)
      AND (r.form <> 'split_code' OR r.code = u.code)
      AND (r.part <> 'front_of_blue' OR u.status IN ('red_full', 'red_partial'))
)
SELECT
    *,
    -- A whole key names one invoice; less than a key needs other evidence beside it.
    rule = 'exact_key' AND (length(upstream_number) = 20 OR has_code) AS is_whole_key,
    coalesce(money_agrees, FALSE)::INT + coalesce(party_agrees, FALSE)::INT + coalesce(date_agrees, FALSE)::INT
        AS n_agree
FROM compared;

CREATE OR REPLACE TEMP TABLE work_accepted (
    ledger_id VARCHAR, alt BIGINT, position BIGINT, upstream_id VARCHAR, rule VARCHAR, n_numbers BIGINT
);

CREATE OR REPLACE TEMP TABLE work_refused (ledger_id VARCHAR, upstream_id VARCHAR, why_not VARCHAR, rule VARCHAR);

-- What a person took apart was considered, by the number if the line has it or the part of it that a short field keeps.
INSERT INTO work_refused
WITH named AS (
    SELECT f.ledger_id, f.upstream_id
    FROM work_forbidden f
    JOIN work_known u ON u.record_id = f.upstream_id
    JOIN work_reference r ON r.ledger_id = f.ledger_id
    WHERE ends_with(u.number, r.number) OR (length(r.number) >= 16 AND starts_with(u.number, r.number))
)
SELECT
    ledger_id, upstream_id, 'taken_apart',
    CASE WHEN (ledger_id, upstream_id) IN (SELECT (ledger_id, upstream_id) FROM named) THEN 'exact_key' ELSE 'decision' END
FROM work_forbidden
UNION ALL
-- What names an invoice that a person left alone is not unknown: its whole key, or part of it if money or party agrees, too.
SELECT DISTINCT
    r.ledger_id, u.record_id, 'invoice_left_alone',
    CASE WHEN r.part <> 'whole' THEN 'cut_number' WHEN u.way = 'end' THEN 'last_8'
         WHEN length(u.number) = 20 OR u.code = r.code THEN 'exact_key' ELSE 'without_code' END AS rule
FROM work_cited r
JOIN work_reached u ON u.taxpayer_id = r.taxpayer_id AND u.direction = r.direction AND u.named_number = r.asked_number
WHERE u.record_id IN (SELECT record_id FROM work_decided WHERE side = 'upstream' AND kind = 'leave_alone')
  AND is_reached(r.part, r.number, u.way, u.number) AND r.part <> 'front_of_blue'
  AND (r.code IS NULL OR (u.way <> 'end' AND coalesce(u.code = r.code, TRUE)))
  AND (rule = 'exact_key'
       OR coalesce(r.line_total = u.total_cny, r.line_amount = u.amount_cny)
      AND party_hash_agrees(r.party_hash, r.name_hash, u.party_hash, u.name_hash) IS DISTINCT FROM FALSE
       OR party_hash_agrees(r.party_hash, r.name_hash, u.party_hash, u.name_hash));

DROP VIEW work_reached;

DROP TABLE work_cited;
