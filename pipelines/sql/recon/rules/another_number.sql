-- rule: the typed number names another real invoice, while party, money and day are those of this one
-- writes: work_repair
-- inputs: work_unsure, work_similar, work_repair, work_refused, the macro in_force (neighbour.sql)
-- parameters: none
-- Eight digits that end the number of an invoice, or are it, name one too where its party or money is not the line's.
-- Guard: exactly one invoice of the population fits party, money and day, it is free, and the party is known to agree.

INSERT INTO work_repair
WITH fitting AS (
    SELECT s.ledger_id, s.upstream_id, s.is_free, s.party_agrees
    FROM in_force('work_similar') s
    JOIN work_unsure l ON l.record_id = s.ledger_id
    WHERE NOT s.is_outlived
      AND (l.named_id <> s.upstream_id
           OR (l.named_id IS NULL AND s.ledger_id IN (
               SELECT ledger_id FROM work_refused
               WHERE rule IN ('without_code', 'last_8') AND why_not IN ('party_differs', 'amount_differs'))))
      AND s.ledger_id NOT IN (SELECT ledger_id FROM work_repair)
    QUALIFY count(*) OVER (PARTITION BY s.ledger_id) = 1
)
SELECT ledger_id, upstream_id, 'another_number' FROM fitting
WHERE is_free AND party_agrees AND upstream_id NOT IN (SELECT upstream_id FROM work_repair)
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;
