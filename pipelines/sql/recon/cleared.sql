-- what: the bulk, cleared in one join: the same number on both sides, once each, with everything that both have equal
-- grain: work_pair one row per pair of records with the same number; work_cleared one row per cleared pair
-- inputs: work_upstream, work_ledger, work_red_pair
-- parameters: none
-- Whatever is not plainly equal is left to the rules; nothing is decided here that they could decide otherwise.

CREATE OR REPLACE TEMP TABLE work_pair AS
SELECT
    u.record_id AS upstream_id, l.record_id AS ledger_id, u.taxpayer_id, u.direction, u.number,
    u.total_cny AS upstream_total, coalesce(l.line_total, l.amount_cny) AS ledger_total,
    l.line_total IS NOT NULL AS is_total_known, u.amount_cny AS upstream_amount,
    u.status IN ('normal', 'red_partial')
    AND coalesce(l.total_cny = u.total_cny, TRUE)
    AND coalesce(l.amount_cny = u.amount_cny, TRUE)
    AND coalesce(l.tax_cny = u.tax_cny, TRUE)
    AND coalesce(l.invoice_date = u.issued_on, TRUE)
    AND coalesce(l.party_id = u.party_id, TRUE)
    -- CASE: the style of a name is looked at only where the texts differ.
    AND CASE WHEN l.party_name = u.party_name THEN TRUE
             ELSE coalesce(plain_name(l.party_name) = plain_name(u.party_name), TRUE) END AS is_equal
FROM work_upstream u
JOIN work_ledger l
  ON l.taxpayer_id = u.taxpayer_id AND l.direction = u.direction AND l.invoice_reference = u.number
 AND (length(u.number) = 20 OR l.invoice_code IS NOT DISTINCT FROM u.code);

CREATE OR REPLACE TEMP TABLE work_uncleared AS
WITH repeated_upstream AS (SELECT upstream_id FROM work_pair GROUP BY upstream_id HAVING count(*) > 1),
repeated_ledger AS (SELECT ledger_id FROM work_pair GROUP BY ledger_id HAVING count(*) > 1),
reversed AS (
    SELECT blue_id AS upstream_id FROM work_red_pair WHERE is_full
    UNION
    SELECT red_id AS upstream_id FROM work_red_pair WHERE is_full
)
SELECT upstream_id, ledger_id FROM work_pair WHERE NOT is_equal
UNION
SELECT upstream_id, ledger_id FROM work_pair WHERE upstream_id IN (FROM repeated_upstream)
UNION
SELECT upstream_id, ledger_id FROM work_pair WHERE ledger_id IN (FROM repeated_ledger)
UNION
SELECT upstream_id, ledger_id FROM work_pair WHERE upstream_id IN (FROM reversed);

CREATE OR REPLACE TEMP TABLE work_cleared AS
SELECT upstream_id, ledger_id, taxpayer_id, direction, number, upstream_total, ledger_total, is_total_known
FROM work_pair p
WHERE NOT EXISTS (FROM work_uncleared x WHERE x.upstream_id = p.upstream_id AND x.ledger_id = p.ledger_id);
