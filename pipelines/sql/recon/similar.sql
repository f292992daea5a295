-- what: for every ledger line without a sure number, all invoices of the population with its money
-- grain: work_unsure one row per such line; work_lane_sum, work_met_sum one row per sum and day or span;
--        work_same_money one row per invoice and wanted sum; work_taken per invoice
-- inputs: work_open_ledger, work_named, work_role, work_upstream, work_listed_twice,
--         work_decided
-- parameters: $window_days
-- This is the recurrence guard: it looks at everything that was ever issued, not only at what is left over. A line is
-- compared within its lane: the invoices of its money on its day if it is dated, else those of its money and party.

CREATE OR REPLACE TEMP TABLE work_taken AS
SELECT upstream_id FROM work_role WHERE role = 'kept'
UNION
SELECT upstream_id FROM work_named WHERE n_numbers > 1
UNION
SELECT record_id AS upstream_id FROM work_listed_twice
UNION
SELECT record_id AS upstream_id FROM work_decided WHERE side = 'upstream' AND kind = 'leave_alone';

CREATE OR REPLACE TEMP TABLE work_unsure AS
SELECT
    l.*, r.upstream_id AS named_id,
    CASE WHEN l.line_total IS NOT NULL THEN 'total' ELSE 'amount' END AS money_kind,
    coalesce(l.line_total, l.line_amount) AS money,
    CASE WHEN l.invoice_date IS NOT NULL THEN 'day' WHEN l.party_id IS NOT NULL THEN 'party_id'
         WHEN l.party_name IS NOT NULL THEN 'party_name' ELSE 'money' END AS lane,
    CASE WHEN l.invoice_date IS NOT NULL THEN CAST(l.invoice_date AS VARCHAR)
         ELSE coalesce(upper(l.party_id), plain_name(l.party_name), '') END AS lane_key
FROM work_open_ledger l
LEFT JOIN work_role r ON r.ledger_id = l.record_id
WHERE (r.role = 'doubtful' OR r.ledger_id IS NULL)
  AND l.record_id NOT IN (SELECT ledger_id FROM work_named WHERE n_numbers > 1)
  AND l.record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'ledger' AND kind = 'leave_alone');

CREATE OR REPLACE TEMP TABLE work_lane_sum AS
SELECT DISTINCT
    taxpayer_id, direction, money_kind, money, invoice_date AS day, NULL::DATE AS from_day, NULL::DATE AS to_day
FROM work_unsure
WHERE lane = 'day'
UNION ALL
SELECT
    taxpayer_id, direction, money_kind, money, NULL,
    CAST(min(posted_on) - to_days($window_days) AS DATE), CAST(max(posted_on) + INTERVAL 3 DAY AS DATE)
FROM work_unsure
WHERE lane <> 'day'
GROUP BY taxpayer_id, direction, money_kind, money;

-- Which of them occur at all, by narrow columns; one column in IN is looked for while DuckDB reads.
CREATE OR REPLACE TEMP TABLE work_met_sum AS
WITH issued AS NOT MATERIALIZED (
    SELECT 'total' AS money_kind, total_cny AS money, taxpayer_id, direction, issued_on FROM work_upstream
    WHERE total_cny IN (SELECT money FROM work_lane_sum WHERE money_kind = 'total')
    UNION ALL
    SELECT 'amount', amount_cny, taxpayer_id, direction, issued_on FROM work_upstream
    WHERE amount_cny IN (SELECT money FROM work_lane_sum WHERE money_kind = 'amount')
)
SELECT DISTINCT w.*
FROM issued u
JOIN work_lane_sum w USING (taxpayer_id, direction, money_kind, money)
WHERE u.issued_on = w.day
UNION ALL
SELECT DISTINCT w.*
FROM issued u
JOIN work_lane_sum w USING (taxpayer_id, direction, money_kind, money)
WHERE u.issued_on BETWEEN w.from_day AND w.to_day;

CREATE OR REPLACE TEMP TABLE work_same_money AS
WITH issued AS NOT MATERIALIZED (
    SELECT 'total' AS money_kind, total_cny AS money, * FROM work_upstream
    WHERE total_cny IN (SELECT money FROM work_met_sum WHERE money_kind = 'total')
    UNION ALL
    SELECT 'amount', amount_cny, * FROM work_upstream
    WHERE amount_cny IN (SELECT money FROM work_met_sum WHERE money_kind = 'amount')
)
SELECT
    'day' AS lane, CAST(w.day AS VARCHAR) AS lane_key, w.money_kind, w.money, u.taxpayer_id, u.direction,
    u.record_id, u.number, u.code, u.issued_on, u.party_id, u.party_name, u.amount_cny, u.tax_cny, u.total_cny
FROM issued u
JOIN work_met_sum w USING (taxpayer_id, direction, money_kind, money)
WHERE u.issued_on = w.day
UNION ALL
SELECT
    NULL, NULL, w.money_kind, w.money, u.taxpayer_id, u.direction,
    u.record_id, u.number, u.code, u.issued_on, u.party_id, u.party_name, u.amount_cny, u.tax_cny, u.total_cny
FROM issued u
JOIN work_met_sum w USING (taxpayer_id, direction, money_kind, money)
WHERE u.issued_on BETWEEN w.from_day AND w.to_day;
