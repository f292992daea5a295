-- rule: a spreadsheet turned the number into a float: its first digits, the party, the money and the day name one invoice
-- writes: work_repair
-- inputs: work_unsure, work_similar, work_looked
-- parameters: none
-- Guard: of the whole population one invoice has these digits, party, money and day, and it is free; or several have, all
-- others are linked, and absence may be concluded of the line (looked.sql): then only this one is left for it.
-- A float keeps 15 digits for sure; a 20-digit number that ends in zeros from digit 16 on is the same damage.

INSERT INTO work_repair
WITH damaged AS (
    SELECT
        record_id AS ledger_id,
        left(coalesce(float_prefix, rtrim(array_to_string(tokens, ''), '0')), 15) AS prefix
    FROM work_unsure
    WHERE float_prefix IS NOT NULL OR regexp_full_match(array_to_string(tokens, ''), '[0-9]{15,17}0{3,5}')
),
fitting AS (
    SELECT s.ledger_id, s.upstream_id, s.is_free, s.party_agrees
    FROM work_similar s
    JOIN damaged d ON d.ledger_id = s.ledger_id AND starts_with(s.number, d.prefix)
    WHERE length(d.prefix) >= 12 OR s.party_agrees
),
weighed AS (
    SELECT *, count(*) OVER of_line AS n_fitting, count(*) FILTER (is_free) OVER of_line AS n_free
    FROM fitting
    WINDOW of_line AS (PARTITION BY ledger_id)
)
SELECT ledger_id, upstream_id, 'digits_lost' FROM weighed
JOIN work_looked k USING (ledger_id)
WHERE is_free AND n_free = 1 AND (n_fitting = 1 OR (party_agrees AND k.is_settled))
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;
