-- rule: the ledger has no usable number; party, money and day name one invoice
-- writes: work_repair
-- inputs: work_unsure, work_similar, work_reference, work_repair, work_looked, the macro in_force (neighbour.sql)
-- parameters: none
-- Guard: the party is known to agree and has no other invoice of that money near that day; or all others are linked, and
-- absence may be concluded of the line (looked.sql): then only this one is left for it. One line for one invoice.

INSERT INTO work_repair
WITH fitting AS (
    SELECT
        s.ledger_id, s.upstream_id, s.party_agrees,
        s.is_free AND s.upstream_id NOT IN (SELECT upstream_id FROM work_repair) AS is_free
    FROM in_force('work_similar') s
    JOIN work_unsure l ON l.record_id = s.ledger_id
    WHERE l.float_prefix IS NULL AND l.named_id IS NULL
      AND s.ledger_id NOT IN (SELECT ledger_id FROM work_reference)
      AND s.ledger_id NOT IN (SELECT ledger_id FROM work_repair)
),
weighed AS (
    SELECT *, count(*) OVER of_line AS n_fitting, count(*) FILTER (is_free) OVER of_line AS n_free
    FROM fitting
    WINDOW of_line AS (PARTITION BY ledger_id)
)
SELECT ledger_id, upstream_id, 'number_absent' FROM weighed
JOIN work_looked k USING (ledger_id)
WHERE is_free AND party_agrees AND n_free = 1 AND (n_fitting = 1 OR k.is_settled)
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;
