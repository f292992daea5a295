-- rule: a spreadsheet turned the number into a float: its first digits, the party, the money and the day name one invoice
-- writes: work_repair
-- inputs: work_unsure, work_similar
-- parameters: none
-- Guard: exactly one invoice of the whole population has these digits, party, money and day, and it is free.
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
    SELECT s.ledger_id, s.upstream_id, s.is_free
    FROM work_similar s
    JOIN damaged d ON d.ledger_id = s.ledger_id AND starts_with(s.number, d.prefix)
    WHERE length(d.prefix) >= 12 OR s.party_agrees
),
unique_fit AS (SELECT * FROM fitting QUALIFY count(*) OVER (PARTITION BY ledger_id) = 1)
SELECT ledger_id, upstream_id, 'digits_lost' FROM unique_fit
WHERE is_free
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;
