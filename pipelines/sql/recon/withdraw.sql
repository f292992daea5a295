-- what: takes back repairs to an invoice that a line citing its number falls back to
-- grain: work_repair as before; returns how many were taken back
-- inputs: work_repair, work_role
-- parameters: none
-- A doubted line that finds no better invoice keeps the one it cites. That may set another line back in turn: repeat.

CREATE OR REPLACE TEMP TABLE work_withdrawn AS
SELECT p.ledger_id, p.upstream_id, p.rule FROM work_repair p
WHERE p.upstream_id IN (
    SELECT r.upstream_id FROM work_role r
    WHERE r.role = 'doubtful' AND r.fallback = 'kept'
      AND r.ledger_id NOT IN (SELECT ledger_id FROM work_repair)
);

INSERT INTO work_refused SELECT ledger_id, upstream_id, 'number_taken', rule FROM work_withdrawn;

DELETE FROM work_repair WHERE ledger_id IN (SELECT ledger_id FROM work_withdrawn);

SELECT count(*) FROM work_withdrawn;
