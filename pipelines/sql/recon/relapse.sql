-- what: which repaired lines may lose their invoice again: one that cites its number, and finds no better one, falls back to it
-- grain: work_relapse one row per line that falls back and the line that it sets back; work_relapsed one row per line that loses
--        its invoice; work_role.fallback
-- inputs: work_repair, work_role, work_similar
-- parameters: none
-- A line that was set back falls back to the invoice that it cites itself, and may set back the next one: a chain, which
-- `relapse_step` follows. A line of another party, money and day has no more than the number to fall back on: that is less than
-- what the number of another real invoice stands against (rule another_number, contract).

-- Where several invoices have its party, money and day, it has not even that.
UPDATE work_role SET fallback = 'unlinked'
WHERE role = 'doubtful' AND fallback IN ('kept', 'surplus')
  AND money_agrees IS NOT TRUE AND party_agrees IS FALSE AND date_agrees IS NOT TRUE
  AND ledger_id IN (SELECT ledger_id FROM work_similar WHERE party_agrees GROUP BY ledger_id HAVING count(*) > 1);

CREATE OR REPLACE TEMP TABLE work_relapse AS
SELECT r.ledger_id AS falling_id, p.ledger_id
FROM work_role r
JOIN work_repair p ON p.upstream_id = r.upstream_id
WHERE r.role = 'doubtful' AND r.fallback IN ('kept', 'surplus') AND p.ledger_id <> r.ledger_id
  AND NOT (p.rule = 'another_number' AND r.money_agrees IS NOT TRUE AND r.party_agrees IS FALSE AND r.date_agrees IS NOT TRUE);

CREATE OR REPLACE TEMP TABLE work_relapsed AS
SELECT DISTINCT ledger_id FROM work_relapse WHERE falling_id NOT IN (SELECT ledger_id FROM work_repair);
