-- rule: one wrong, swapped, missing or additional digit away from the number of an invoice of that party, money and day, or
--       from its last 8 digits where the ledger keeps no more, or from its code and number; or the beginning or the end of it,
--       the rest left out
-- writes: work_repair, work_refused
-- inputs: work_unsure, work_similar_number, work_reference, work_impossible, work_repair, work_looked, the macro in_force (neighbour.sql)
-- parameters: $as_of, $grace_hours
-- Edit distance is no evidence by itself (numbers run in sequence, amounts recur). Guards: exactly one invoice of the
-- population that fits is one error away, and it is free; or all others that are so near are linked, and absence may be
-- concluded of the line (looked.sql), so that only this one is left; and a number that the tax system may still bring is left in
-- peace until its grace window is over: nearly every wrong link was such a one (docs/benchmarks.md). So is one of a day that was
-- not received.

CREATE OR REPLACE TEMP TABLE work_near AS
WITH doubted AS (
    SELECT record_id, tokens, code, float_prefix, posted_on, invoice_date FROM work_unsure
    WHERE named_id IS NULL AND record_id NOT IN (SELECT ledger_id FROM work_repair)
),
read AS (
    SELECT
        -- Every code that it is read with counts, and none only where it has none.
        ledger_id, number, unnest(coalesce(list(DISTINCT code) FILTER (code IS NOT NULL), [NULL])) AS code,
        bool_and(is_split) AS is_split,
        bool_or(length(number) IN (8, 20)) OVER (PARTITION BY ledger_id) AS may_be_whole
    FROM (
        SELECT ledger_id, number, code, form = 'split_code' AS is_split FROM work_reference
        WHERE length(number) BETWEEN 7 AND 21 AND n_numbers = 1 AND ledger_id IN (SELECT record_id FROM doubted)
        UNION ALL
        -- Few digits may have lost zeros or any others.
        SELECT record_id, tokens[1], code, FALSE FROM doubted
        WHERE len(tokens) = 1 AND length(tokens[1]) BETWEEN 4 AND 7 AND float_prefix IS NULL
    )
    GROUP BY ledger_id, number
),
typed AS (
    SELECT r.ledger_id, r.number AS typed, r.code AS typed_code, r.is_split, r.may_be_whole, l.posted_on, l.invoice_date
    FROM read r
    JOIN doubted l ON l.record_id = r.ledger_id
),
comparable AS (
    SELECT t.*, s.upstream_id, s.is_free, s.party_agrees, s.number, s.code
    FROM work_similar_number s JOIN typed t ON t.ledger_id = s.ledger_id
    -- 20 digits are code and number only of the invoice that has this code.
    WHERE NOT t.is_split OR s.code = t.typed_code
    UNION ALL
    -- Digits in front of the last 8 count: a reference that has them is not short.
    SELECT t.*, s.upstream_id, s.is_free, s.party_agrees, right(s.number, 8), s.code
    FROM work_similar_number s JOIN typed t ON t.ledger_id = s.ledger_id
    WHERE length(s.number) = 20 AND length(t.typed) < 10 AND t.typed_code IS NULL
    UNION ALL
    -- Code and number in one text: a digit of either may be wrong, missing or too many.
    SELECT t.*, s.upstream_id, s.is_free, s.party_agrees, s.code || s.number, NULL
    FROM work_similar_number s JOIN typed t ON t.ledger_id = s.ledger_id
    WHERE length(s.number) = 8 AND length(t.typed) > 15 AND t.typed_code IS NULL
)
SELECT
    ledger_id, upstream_id, any_value(is_free) AS is_free, any_value(invoice_date) IS NOT NULL AS is_dated,
    (min(length(number)) = 20 AND NOT bool_or(is_part)) OR any_value(party_agrees) AS is_evident,
    (bool_or(is_part)
     OR (any_value(may_be_whole) AND ledger_id NOT IN (SELECT ledger_id FROM work_impossible)))
    AND greatest(any_value(posted_on), coalesce(any_value(invoice_date), any_value(posted_on)))
        + to_hours($grace_hours) > $as_of::TIMESTAMP AS is_early
FROM (
    SELECT
        *,
        length(number) - length(typed) > 1 AND (length(number) = 8 OR typed_code IS NULL)
        AND (starts_with(number, typed) OR ends_with(number, typed)) AS is_part
    FROM comparable
)
-- Cheap to see before the real comparison: of equal length, one error changes at most two places; one digit more or less
-- leaves one of the halves as it was.
WHERE CASE WHEN strlen(typed) = strlen(number) AND length(typed) = length(number) THEN hamming(typed, number) <= 2
           WHEN abs(length(typed) - length(number)) = 1
           THEN number_half(0, 'front', typed) = number_half(0, 'front', number)
             OR number_half(0, 'back', typed) = number_half(0, 'back', number)
           ELSE is_part END
GROUP BY ledger_id, upstream_id
HAVING min(CASE WHEN is_part THEN 1 ELSE damerau_levenshtein(typed, number) END
           + CASE WHEN length(number) = 8 AND typed_code <> code THEN 1 ELSE 0 END) = 1;

INSERT INTO work_repair
WITH near AS (
    SELECT *, is_free AND upstream_id NOT IN (SELECT upstream_id FROM work_repair) AS is_left FROM in_force('work_near')
),
weighed AS (
    SELECT *, count(*) OVER of_line AS n_near, count(*) FILTER (is_left) OVER of_line AS n_left
    FROM near
    WINDOW of_line AS (PARTITION BY ledger_id)
)
SELECT ledger_id, upstream_id, 'number_mistyped' FROM weighed
JOIN work_looked k USING (ledger_id)
WHERE is_left AND is_evident AND NOT is_early AND n_left = 1 AND (n_near = 1 OR k.is_settled)
  AND (k.is_covered OR NOT is_dated)
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;

INSERT INTO work_refused
SELECT ledger_id, upstream_id, 'not_yet_due', 'number_mistyped' FROM work_near WHERE is_free AND is_early
UNION ALL
SELECT ledger_id, upstream_id, 'days_not_received', 'number_mistyped'
FROM (SELECT * FROM work_near
      QUALIFY (is_dated OR count(*) OVER (PARTITION BY ledger_id) > 1)
          AND count(*) FILTER (is_free) OVER (PARTITION BY ledger_id) = 1)
JOIN work_looked k USING (ledger_id)
WHERE is_free AND NOT is_early AND NOT k.is_covered
  AND ledger_id NOT IN (SELECT ledger_id FROM work_repair);
