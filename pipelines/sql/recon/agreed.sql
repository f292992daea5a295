-- what: links of one line and one invoice in which everything agrees: nothing is left to judge
-- grain: work_agreed one row per such pair, in the shape of work_cleared with the rule
-- inputs: work_named, work_open_ledger, work_open_upstream, work_red_pair
-- parameters: none
-- The pair leaves the open records; it stays an open item, so that a later exact key can still win (design.md).

CREATE OR REPLACE TEMP TABLE work_agreed AS
WITH single AS (
    SELECT * FROM work_named
    WHERE upstream_id NOT IN (SELECT upstream_id FROM work_named GROUP BY upstream_id HAVING count(*) > 1)
      AND ledger_id NOT IN (SELECT ledger_id FROM work_named GROUP BY ledger_id HAVING count(*) > 1)
)
SELECT
    n.upstream_id, n.ledger_id, u.taxpayer_id, u.direction, shown_number(u.code, u.number) AS number, n.rule,
    u.total_cny AS upstream_total, coalesce(l.line_total, l.amount_cny) AS ledger_total,
    l.line_total IS NOT NULL AS is_total_known
FROM single n
JOIN work_open_upstream u ON u.record_id = n.upstream_id
JOIN work_open_ledger l ON l.record_id = n.ledger_id
WHERE n.n_numbers = 1 AND n.rule <> 'reversal_of_blue'
  AND u.status IN ('normal', 'red_partial') AND NOT u.is_red
  AND coalesce(l.total_cny = u.total_cny, TRUE)
  AND coalesce(l.amount_cny = u.amount_cny, TRUE)
  AND coalesce(l.tax_cny = u.tax_cny, TRUE)
  AND coalesce(l.invoice_date = u.issued_on, TRUE)
  AND NOT party_differs(l.party_id, l.party_name, u.party_id, u.party_name)
  AND u.record_id NOT IN (SELECT blue_id FROM work_red_pair WHERE is_full);

DELETE FROM work_known WHERE record_id IN (SELECT upstream_id FROM work_agreed);

DELETE FROM work_open_ledger WHERE record_id IN (SELECT ledger_id FROM work_agreed);

DELETE FROM work_named WHERE ledger_id IN (SELECT ledger_id FROM work_agreed);
