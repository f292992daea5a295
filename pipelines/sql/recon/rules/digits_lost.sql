-- rule: a spreadsheet turned the number into a float: the digits that it shows, the party, the money and the day name one invoice
-- writes: work_damaged, work_shown, work_repair, work_refused
-- inputs: work_unsure, work_similar, work_similar_number, work_looked, the macro in_force (neighbour.sql)
-- parameters: none
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
