-- rule: one wrong, swapped, missing or additional digit away from the number of an invoice of that party, money and day
-- writes: work_repair
-- inputs: work_unsure, work_similar, work_reference, work_repair
-- parameters: none
-- Edit distance is no evidence by itself (numbers run in sequence, amounts recur). Guard: exactly one invoice of the
-- population that fits is so near, it is free, and no other fitting one is within three errors.

INSERT INTO work_repair
WITH typed AS (
    SELECT DISTINCT r.ledger_id, r.number, r.code
    FROM work_reference r
    JOIN work_unsure s ON s.record_id = r.ledger_id
    WHERE s.named_id IS NULL AND length(r.number) IN (7, 8, 9, 19, 20, 21) AND r.n_numbers = 1
      AND r.ledger_id NOT IN (SELECT ledger_id FROM work_repair)
),
near AS (
    SELECT
        s.ledger_id, s.upstream_id, s.is_free, s.party_agrees, s.is_dated, length(s.number) AS n_digits,
        min(damerau_levenshtein(t.number, s.number)
            + CASE WHEN length(s.number) = 8 AND t.code <> s.code THEN 1 ELSE 0 END) AS errors
    FROM work_similar s
    JOIN typed t ON t.ledger_id = s.ledger_id AND abs(length(t.number) - length(s.number)) <= 1
    GROUP BY ALL
),
clear_fit AS (
    SELECT * FROM near
    QUALIFY count(*) FILTER (errors <= 3) OVER (PARTITION BY ledger_id) = 1
)
SELECT ledger_id, upstream_id, 'number_mistyped' FROM clear_fit
WHERE errors = 1 AND is_free AND (n_digits = 20 OR party_agrees)
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;
