-- what: what became of a line whose number names an invoice: everything agrees, part of it, surplus, in doubt
-- grain: explain_step one row per ledger line and step; explain_pair one row per line, step and invoice
-- inputs: explain_record, work_agreed, work_awaiting_red, work_named, work_role, work_list, work_settled, work_upstream
-- parameters: none

CREATE OR REPLACE TEMP TABLE explain_role AS
WITH line AS (SELECT record_id AS ledger_id FROM explain_record WHERE side = 'ledger'),
of_invoice AS (SELECT upstream_id, count(*) AS n_lines FROM work_role GROUP BY upstream_id)
SELECT a.ledger_id, a.upstream_id, 30 AS place, 'agreed' AS step, 'linked' AS result, 1 AS n
FROM work_agreed AS a SEMI JOIN line USING (ledger_id)
UNION ALL
SELECT n.ledger_id, n.upstream_id, 31, 'reversal', 'moved', 1
FROM work_named AS n SEMI JOIN line USING (ledger_id)
WHERE n.rule = 'reversal_of_blue'
UNION ALL
SELECT a.ledger_id, a.blue_id, 31, 'reversal', 'waits', 1
FROM work_awaiting_red AS a SEMI JOIN line USING (ledger_id)
UNION ALL
SELECT
    n.ledger_id, n.upstream_id, 32, 'list',
    CASE WHEN n.ledger_id IN (SELECT ledger_id FROM work_list WHERE is_surplus) THEN 'surplus' ELSE 'linked' END, n.n_numbers
FROM work_named AS n SEMI JOIN line USING (ledger_id)
WHERE n.n_numbers > 1
UNION ALL
SELECT r.ledger_id, r.upstream_id, 33, 'role', r.role, i.n_lines
FROM work_role AS r SEMI JOIN line USING (ledger_id)
JOIN of_invoice AS i ON i.upstream_id = r.upstream_id
UNION ALL
SELECT s.ledger_id, s.upstream_id, 60, 'fallback', s.outcome, 1
FROM work_settled AS s SEMI JOIN line USING (ledger_id)
JOIN work_role AS r ON r.ledger_id = s.ledger_id AND r.upstream_id = s.upstream_id
WHERE r.role = 'doubtful';

INSERT INTO explain_step
SELECT
    'ledger', r.ledger_id, r.place, r.step, r.result, NULL,
    MAP {'count': CAST(any_value(r.n) AS VARCHAR),
         'number': array_to_string(list(shown_number(u.code, u.number) ORDER BY u.number)[:4], '、')}
FROM explain_role AS r
JOIN work_upstream AS u ON u.record_id = r.upstream_id
GROUP BY r.ledger_id, r.place, r.step, r.result;

INSERT INTO explain_pair
SELECT DISTINCT 'ledger', ledger_id, step, upstream_id, NULL FROM explain_role
WHERE step = 'list' OR result IN ('doubtful', 'surplus', 'moved');
