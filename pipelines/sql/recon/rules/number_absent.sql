-- rule: the ledger has no usable number; party, money and day name one invoice
-- writes: work_repair
-- inputs: work_unsure, work_similar, work_reference, work_repair
-- parameters: none
-- Guard: the party is known to agree and has no other invoice of that money near that day; one line for one invoice.

INSERT INTO work_repair
WITH fitting AS (
    SELECT s.ledger_id, s.upstream_id, s.is_free, s.party_agrees
    FROM work_similar s
    JOIN work_unsure l ON l.record_id = s.ledger_id
    WHERE l.float_prefix IS NULL
      AND s.ledger_id NOT IN (SELECT ledger_id FROM work_reference)
      AND s.ledger_id NOT IN (SELECT ledger_id FROM work_repair)
    QUALIFY count(*) OVER (PARTITION BY s.ledger_id) = 1
)
SELECT ledger_id, upstream_id, 'number_absent' FROM fitting
WHERE is_free AND party_agrees AND upstream_id NOT IN (SELECT upstream_id FROM work_repair)
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;
