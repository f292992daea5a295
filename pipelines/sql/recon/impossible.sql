-- what: ledger lines whose number no tax system could have issued (structure rules: domain.md 3)
-- grain: work_impossible one row per line; work_reference loses the placeholders
-- inputs: work_reference, work_accepted, work_refused, work_region
-- parameters: $as_of
-- A reference is impossible only if no reading of it is possible.

-- What stands in for a number (reference.sql) and names no invoice is none: a line without a number is no forgery.
DELETE FROM work_reference WHERE is_placeholder AND ledger_id NOT IN (SELECT ledger_id FROM work_accepted);

CREATE OR REPLACE TEMP TABLE work_impossible AS
WITH shaped AS (
    SELECT
        r.ledger_id, r.number, r.code,
        CASE
            WHEN length(r.number) = 20 THEN
                left(r.number, 2) < '21'
                OR left(r.number, 2) > strftime($as_of::TIMESTAMP, '%y')
                OR substr(r.number, 3, 2) NOT IN (SELECT region_code FROM work_region WHERE length(region_code) = 2)
            WHEN length(r.number) = 8 THEN
                r.number = '00000000'
                OR coalesce(length(r.code) NOT IN (10, 12), FALSE)
                OR coalesce(length(r.code) = 10 AND left(r.code, 2) NOT IN (SELECT region_code FROM work_region), FALSE)
                OR coalesce(
                    length(r.code) = 12 AND left(r.code, 1) = '0'
                    AND substr(r.code, 2, 2) NOT IN (SELECT region_code FROM work_region), FALSE)
                OR coalesce(length(r.code) = 12 AND left(r.code, 1) = '0'
                    AND substr(r.code, 6, 2) > strftime($as_of::TIMESTAMP, '%y'), FALSE)
                OR coalesce(length(r.code) = 10 AND substr(r.code, 5, 2) > strftime($as_of::TIMESTAMP, '%y'), FALSE)
            -- Part of 20 digits, as far as it is there.
            WHEN is_front(r.number, r.code, $as_of::TIMESTAMP)
            THEN substr(r.number, 3, 2) NOT IN (SELECT region_code FROM work_region WHERE length(region_code) = 2)
            ELSE TRUE
        END AS is_impossible
    FROM work_reference r
    -- Twenty digits that begin with 0 are the code of a paper invoice and its number, if they are anything.
    WHERE r.form <> 'split_code' OR (starts_with(r.code, '0') AND is_code(r.code, $as_of::TIMESTAMP))
)
SELECT ledger_id FROM shaped
-- What names an invoice that a person keeps from the line was issued.
WHERE ledger_id NOT IN (
    SELECT ledger_id FROM work_refused WHERE why_not IN ('taken_apart', 'invoice_left_alone') AND rule <> 'decision')
GROUP BY ledger_id
HAVING bool_and(is_impossible);
