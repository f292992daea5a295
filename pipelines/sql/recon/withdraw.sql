-- what: takes back repairs to an invoice that a line citing its number falls back to
-- grain: work_repair, work_refused as before
-- inputs: work_repair, work_relapsed
-- parameters: none

INSERT INTO work_refused
SELECT ledger_id, upstream_id, 'number_taken', rule FROM work_repair WHERE ledger_id IN (SELECT ledger_id FROM work_relapsed);

DELETE FROM work_repair WHERE ledger_id IN (SELECT ledger_id FROM work_relapsed);

DROP TABLE work_relapse;

DROP TABLE work_relapsed;
