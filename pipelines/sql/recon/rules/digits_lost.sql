-- rule: a spreadsheet turned the number into a float: the digits that it shows, the party, the money and the day name one invoice
-- writes: work_damaged, work_shown, work_repair, work_refused
-- inputs: work_unsure, work_similar, work_similar_number, work_looked, work_open_upstream, work_taken, the macro in_force (neighbour.sql)
-- parameters: $max_repeated
-- Guard: of the whole population one invoice has these digits, party, money and day, and it is free; or several have, all
-- others are linked, and absence may be concluded of the line (looked.sql): then only this one is left for it. A day that the
-- line has must have been received.
-- A float keeps 15 digits for sure, and between 2^64 and 2^65 it can only be a multiple of 4096. So these are the same damage:
-- zeros from digit 16 on, in one column or in those of code and number, and 20 digits that are such a multiple.

CREATE OR REPLACE TEMP TABLE work_damaged AS
WITH line AS (
    SELECT
        record_id AS ledger_id, plain, float_prefix,
        concat(CASE WHEN length(code) = 12 AND length(tokens[1]) = 8 THEN code END, array_to_string(tokens, '')) AS digits
    FROM work_unsure
),
damaged AS (
    SELECT
        ledger_id, CASE WHEN float_prefix IS NULL THEN try_cast(digits AS HUGEINT) ELSE float_value(plain) END AS value,
        CASE WHEN float_prefix IS NULL THEN greatest(length(rtrim(digits, '0')), 15) ELSE length(float_prefix) END AS n_shown
    FROM line
    WHERE float_prefix IS NOT NULL
       OR is_rounded_number(digits)
       OR CASE WHEN length(digits) = 20 AND digits >= '2' THEN CAST(digits AS HUGEINT) % 4096 = 0 END
)
SELECT
    ledger_id, value, n_shown,
    -- The last digit shown, but nothing finer than what two floats of that size differ by.
    greatest(
        CAST('1' || repeat('0', greatest(length(CAST(value AS VARCHAR)) - n_shown, 0)) AS HUGEINT),
        value // (CAST(1 AS HUGEINT) << 51)
    ) AS step
FROM damaged;

CREATE OR REPLACE TEMP TABLE work_shown AS
SELECT DISTINCT
    s.ledger_id, s.upstream_id, s.is_free, s.is_dated, s.party_agrees, d.n_shown >= 12 OR s.party_agrees AS is_evident
FROM work_similar_number s
JOIN work_damaged d ON d.ledger_id = s.ledger_id
WHERE is_shown_as(s.number, d.value, d.step) OR is_shown_as(s.code || s.number, d.value, d.step);

INSERT INTO work_repair
WITH weighed AS (
    SELECT *, count(*) OVER of_line AS n_fitting, count(*) FILTER (is_free) OVER of_line AS n_free
    FROM in_force('work_shown')
    WHERE is_evident
    WINDOW of_line AS (PARTITION BY ledger_id)
)
SELECT ledger_id, upstream_id, 'digits_lost' FROM weighed
JOIN work_looked k USING (ledger_id)
WHERE is_free AND n_free = 1 AND (n_fitting = 1 OR (party_agrees AND k.is_settled)) AND (k.is_covered OR NOT is_dated)
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;

INSERT INTO work_refused
SELECT ledger_id, upstream_id, 'days_not_received', 'digits_lost'
FROM work_shown
JOIN work_looked k USING (ledger_id)
WHERE is_free AND is_evident AND is_dated AND NOT k.is_covered;

-- A float has 17 digits at most: a text with more may be no float.
INSERT INTO work_refused
SELECT ledger_id, upstream_id, 'number_differs', 'digits_lost'
FROM work_similar
WHERE ledger_id IN (SELECT ledger_id FROM work_damaged WHERE n_shown <= 17)
  AND ledger_id NOT IN (SELECT ledger_id FROM work_shown);

-- Lines of one damaged text and one party, of which none is an invoice by itself, are the parts of the only open one that has
-- these digits and their sum.
INSERT INTO work_repair
WITH part AS (
    SELECT
        d.*, l.taxpayer_id, l.direction, l.party_hash, l.name_hash, coalesce(l.party_hash, l.name_hash) AS party,
        min(l.invoice_date) OVER parts AS first_day, max(l.invoice_date) OVER parts AS last_day,
        CASE count(line_total) OVER parts WHEN count(*) OVER parts THEN 'total' ELSE 'amount' END AS sum_kind,
        CASE sum_kind WHEN 'total' THEN sum(line_total) OVER parts ELSE sum(line_amount) OVER parts END AS sum_money
    FROM work_damaged d
    JOIN work_unsure l ON l.record_id = d.ledger_id
    JOIN work_looked k ON k.ledger_id = d.ledger_id
    WHERE d.n_shown >= 12 AND l.named_id IS NULL AND party IS NOT NULL AND (k.is_covered OR NOT l.is_dated)
      AND d.ledger_id NOT IN (SELECT ledger_id FROM work_shown)
    WINDOW parts AS (PARTITION BY l.taxpayer_id, l.direction, d.value, d.n_shown, party)
    QUALIFY count(*) OVER parts > 1 AND (sum_kind = 'total' OR count(line_amount) OVER parts = count(*) OVER parts)
),
whole AS (
    SELECT
        taxpayer_id, direction, value, step, n_shown, party, any_value(party_hash) AS party_hash,
        -- Of parts under several names none speaks for an invoice.
        CASE WHEN min(name_hash) = max(name_hash) THEN min(name_hash) END AS name_hash,
        any_value(sum_kind) AS money_kind, CAST(any_value(sum_money) AS DECIMAL(18,2)) AS money, any_value(first_day) AS first_day,
        any_value(last_day) AS last_day, left(CAST(value AS VARCHAR), 11) AS front
    FROM part
    GROUP BY ALL
),
priced AS (
    SELECT *, 'total' AS money_kind, total_cny AS money FROM work_open_upstream
    UNION ALL
    SELECT *, 'amount', amount_cny FROM work_open_upstream
),
offered AS (
    SELECT * FROM (SELECT *, left(number, 11) AS front FROM priced WHERE money IN (SELECT money FROM whole))
    WHERE status IN ('normal', 'red_partial') AND record_id NOT IN (SELECT upstream_id FROM work_taken)
      AND record_id NOT IN (SELECT upstream_id FROM work_repair)
    QUALIFY count(*) OVER (PARTITION BY taxpayer_id, direction, money_kind, money, front) <= $max_repeated
),
found AS (
    SELECT w.*, u.record_id AS upstream_id
    FROM whole w
    JOIN offered u
      ON u.taxpayer_id = w.taxpayer_id AND u.direction = w.direction AND u.money_kind = w.money_kind AND u.money = w.money
     AND u.front = w.front
    WHERE is_shown_as(u.number, w.value, w.step) AND party_hash_agrees(w.party_hash, w.name_hash, u.party_hash, u.name_hash)
      AND coalesce(u.issued_on = w.first_day AND u.issued_on = w.last_day, TRUE)
    QUALIFY count(*) OVER (PARTITION BY w.taxpayer_id, w.direction, w.value, w.n_shown, w.party) = 1
        AND count(*) OVER (PARTITION BY u.record_id) = 1
)
SELECT p.ledger_id, f.upstream_id, 'digits_lost'
FROM part p
JOIN found f USING (taxpayer_id, direction, value, n_shown, party);
