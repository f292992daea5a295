-- what: the steps of an invoice: void or reversed, listed twice, its red letter, and which open ledger lines came near
-- grain: explain_step one row per invoice and step; explain_pair one row per invoice and ledger line or other invoice
-- inputs: explain_record, explain_lone, work_upstream, work_listed_twice, work_red_pair, work_considered, work_refused, work_similar,
--         work_list_gap
-- parameters: none

CREATE OR REPLACE TEMP TABLE explain_invoice AS
SELECT u.record_id, u.number, u.code, u.status
FROM explain_record AS r JOIN work_upstream AS u ON u.record_id = r.record_id
WHERE r.side = 'upstream';

INSERT INTO explain_step
SELECT 'upstream', record_id, 12, 'status', status, NULL, MAP {'number': shown_number(code, number)}
FROM explain_invoice WHERE status IN ('void', 'red_full', 'red_partial')
UNION ALL
SELECT 'upstream', t.record_id, 13, 'listed_twice', 'surplus', NULL, MAP {'first': t.first_id}
FROM work_listed_twice AS t SEMI JOIN explain_invoice USING (record_id)
UNION ALL
SELECT
    'upstream', p.red_id, 14, 'red_letter', CASE WHEN p.is_full THEN 'full' ELSE 'partial' END, NULL,
    MAP {'number': shown_number(r.code, r.number), 'blue': shown_number(b.code, b.number),
         'money': money_text(p.red_total), 'evidence': p.evidence}
FROM work_red_pair AS p
JOIN work_upstream AS r ON r.record_id = p.red_id
JOIN work_upstream AS b ON b.record_id = p.blue_id
WHERE p.red_id IN (SELECT record_id FROM explain_invoice);

CREATE OR REPLACE TEMP TABLE explain_near_line AS
WITH seen AS (
    SELECT upstream_id, ledger_id, why_not, 1 AS place FROM work_considered
    UNION ALL
    SELECT upstream_id, ledger_id, why_not, 2 FROM work_list_gap
    UNION ALL
    -- Lines that are linked to something else were near, too.
    SELECT upstream_id, ledger_id, why_not, 3 FROM work_refused
    UNION ALL
    SELECT upstream_id, ledger_id, NULL, 4 FROM work_similar
)
SELECT s.upstream_id, s.ledger_id, arg_min(s.why_not, (s.place, s.why_not)) AS why_not
FROM seen AS s
JOIN explain_lone AS e ON e.side = 'upstream' AND e.record_id = s.upstream_id
GROUP BY s.upstream_id, s.ledger_id;

INSERT INTO explain_step
SELECT
    'upstream', e.record_id, 40, 'lines', CASE WHEN count(n.ledger_id) > 0 THEN 'refused' ELSE 'nothing' END,
    min(n.why_not), MAP {'count': CAST(count(n.ledger_id) AS VARCHAR)}
FROM explain_lone AS e
LEFT JOIN explain_near_line AS n ON n.upstream_id = e.record_id
WHERE e.side = 'upstream'
GROUP BY e.record_id;

INSERT INTO explain_pair
SELECT 'upstream', upstream_id, 'lines', ledger_id, why_not FROM explain_near_line;
