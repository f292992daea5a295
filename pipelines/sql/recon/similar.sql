-- what: for every ledger line without a sure number, all invoices of the population with its money
-- grain: work_unsure one row per such line; work_same_money one row per invoice and wanted sum; work_taken per invoice
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

CREATE OR REPLACE TEMP TABLE work_same_money AS
WITH dated AS (
    SELECT DISTINCT taxpayer_id, direction, money_kind, money, invoice_date AS day FROM work_unsure WHERE lane = 'day'
),
undated AS (
    SELECT
        taxpayer_id, direction, money_kind, money,
        min(posted_on) - to_days($window_days) AS from_day, max(posted_on) + INTERVAL 3 DAY AS to_day
    FROM work_unsure
    WHERE lane <> 'day'
    GROUP BY ALL
)
SELECT
    'day' AS lane, CAST(w.day AS VARCHAR) AS lane_key, w.money_kind, w.money, u.taxpayer_id, u.direction,
    u.record_id, u.number, u.code, u.issued_on, u.party_id, u.party_name, u.amount_cny, u.tax_cny, u.total_cny
FROM work_upstream u
JOIN dated w
  ON u.taxpayer_id = w.taxpayer_id AND u.direction = w.direction AND u.total_cny = w.money AND u.issued_on = w.day
WHERE w.money_kind = 'total'
UNION ALL
SELECT
    'day', CAST(w.day AS VARCHAR), w.money_kind, w.money, u.taxpayer_id, u.direction,
    u.record_id, u.number, u.code, u.issued_on, u.party_id, u.party_name, u.amount_cny, u.tax_cny, u.total_cny
FROM work_upstream u
JOIN dated w
  ON u.taxpayer_id = w.taxpayer_id AND u.direction = w.direction AND u.amount_cny = w.money AND u.issued_on = w.day
WHERE w.money_kind = 'amount'
UNION ALL
SELECT
    NULL, NULL, w.money_kind, w.money, u.taxpayer_id, u.direction,
    u.record_id, u.number, u.code, u.issued_on, u.party_id, u.party_name, u.amount_cny, u.tax_cny, u.total_cny
FROM work_upstream u
JOIN undated w ON u.taxpayer_id = w.taxpayer_id AND u.direction = w.direction AND u.total_cny = w.money
WHERE w.money_kind = 'total' AND u.issued_on BETWEEN w.from_day AND w.to_day
UNION ALL
SELECT
    NULL, NULL, w.money_kind, w.money, u.taxpayer_id, u.direction,
    u.record_id, u.number, u.code, u.issued_on, u.party_id, u.party_name, u.amount_cny, u.tax_cny, u.total_cny
FROM work_upstream u
JOIN undated w ON u.taxpayer_id = w.taxpayer_id AND u.direction = w.direction AND u.amount_cny = w.money
WHERE w.money_kind = 'amount' AND u.issued_on BETWEEN w.from_day AND w.to_day;
