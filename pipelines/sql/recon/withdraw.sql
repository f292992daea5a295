-- what: takes back repairs to an invoice that a line citing its number falls back to
-- grain: work_repair, work_refused as before
-- inputs: work_repair, work_relapsed, work_role
-- parameters: none

-- Of a set that was added up only that invoice is another line's: the others are nobody's.
INSERT INTO work_refused
SELECT ledger_id, upstream_id, 'number_taken', rule FROM work_repair
WHERE ledger_id IN (SELECT ledger_id FROM work_relapsed)
  AND upstream_id IN (
      SELECT upstream_id FROM work_role
      WHERE role = 'doubtful' AND fallback IN ('kept', 'surplus')
        AND (ledger_id NOT IN (SELECT ledger_id FROM work_repair) OR ledger_id IN (SELECT ledger_id FROM work_relapsed))
  );

DELETE FROM work_repair WHERE ledger_id IN (SELECT ledger_id FROM work_relapsed);

DROP TABLE work_relapse;

DROP TABLE work_relapsed;
