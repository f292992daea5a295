-- what: for every ledger line without a sure number, all invoices of the population with its money, party and date
-- grain: work_unsure one row per such line; work_similar one row per line and invoice that fits
-- inputs: work_open_ledger, work_named, work_role, work_upstream, work_cleared, work_listed_twice, work_reference
-- parameters: $window_days, $max_pairs
-- This is the recurrence guard: it looks at everything that was ever issued, not only at what is left over. A crowd of
-- equal amounts ($max_pairs lines x invoices of one sum) is not enumerated; its lines are reported as skipped.

CREATE OR REPLACE TEMP TABLE work_taken AS
SELECT upstream_id FROM work_role WHERE role = 'kept'
UNION
SELECT upstream_id FROM work_named WHERE n_numbers > 1
UNION
SELECT record_id AS upstream_id FROM work_listed_twice;

CREATE OR REPLACE TEMP TABLE work_unsure AS
SELECT
    l.*, r.upstream_id AS named_id,
    CASE WHEN l.line_total IS NOT NULL THEN 'total' ELSE 'amount' END AS money_kind,
    coalesce(l.line_total, l.line_amount) AS money
FROM work_open_ledger l
LEFT JOIN work_role r ON r.ledger_id = l.record_id
WHERE (r.role = 'doubtful' OR r.ledger_id IS NULL)
  AND l.record_id NOT IN (SELECT ledger_id FROM work_named WHERE n_numbers > 1);

CREATE OR REPLACE TEMP TABLE work_crowd AS
WITH wanted AS (
    SELECT taxpayer_id, direction, money_kind, money, count(*) AS n_lines FROM work_unsure GROUP BY ALL
),
counted AS (
    SELECT w.taxpayer_id, w.direction, w.money_kind, w.money, any_value(w.n_lines) * count(*) AS n_pairs
    FROM wanted w
    JOIN work_upstream u
      ON u.taxpayer_id = w.taxpayer_id AND u.direction = w.direction AND u.total_cny = w.money
    WHERE w.money_kind = 'total'
    GROUP BY ALL
    UNION ALL
    SELECT w.taxpayer_id, w.direction, w.money_kind, w.money, any_value(w.n_lines) * count(*) AS n_pairs
    FROM wanted w
    JOIN work_upstream u
      ON u.taxpayer_id = w.taxpayer_id AND u.direction = w.direction AND u.amount_cny = w.money
    WHERE w.money_kind = 'amount'
    GROUP BY ALL
)
SELECT taxpayer_id, direction, money_kind, money FROM counted WHERE n_pairs > $max_pairs;

CREATE OR REPLACE TEMP TABLE work_similar AS
WITH searched AS (
    SELECT s.* FROM work_unsure s ANTI JOIN work_crowd c USING (taxpayer_id, direction, money_kind, money)
),
fitting AS (
    SELECT s.record_id AS ledger_id, u.* FROM work_upstream u
    JOIN searched s
      ON u.taxpayer_id = s.taxpayer_id AND u.direction = s.direction AND u.total_cny = s.money
    WHERE s.money_kind = 'total'
    UNION ALL
    SELECT s.record_id AS ledger_id, u.* FROM work_upstream u
    JOIN searched s
      ON u.taxpayer_id = s.taxpayer_id AND u.direction = s.direction AND u.amount_cny = s.money
    WHERE s.money_kind = 'amount'
)
SELECT
    f.ledger_id, f.record_id AS upstream_id, f.number, f.code, f.issued_on,
    party_agrees(s.party_id, s.party_name, f.party_id, f.party_name) AS party_agrees,
    s.invoice_date IS NOT NULL AS is_dated,
    f.record_id NOT IN (SELECT upstream_id FROM work_taken)
    AND NOT EXISTS (FROM work_cleared c WHERE c.upstream_id = f.record_id) AS is_free
FROM fitting f
JOIN work_unsure s ON s.record_id = f.ledger_id
WHERE party_agrees(s.party_id, s.party_name, f.party_id, f.party_name) IS DISTINCT FROM FALSE
  AND CASE
        WHEN s.invoice_date IS NOT NULL THEN f.issued_on = s.invoice_date
        ELSE f.issued_on BETWEEN s.posted_on - to_days($window_days) AND s.posted_on + INTERVAL 3 DAY
      END
  AND f.record_id NOT IN (SELECT record_id FROM work_listed_twice);

CREATE OR REPLACE TEMP TABLE work_repair (ledger_id VARCHAR, upstream_id VARCHAR, rule VARCHAR);
