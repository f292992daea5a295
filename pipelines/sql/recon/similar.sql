-- what: for every ledger line without a sure number, all invoices of the population with its money
-- grain: work_unsure one row per such line; work_wanted one row per lane and key by which an invoice can be in it;
--        work_same_money one row per invoice and kind of money that is in a lane; work_taken per invoice
-- inputs: work_open_ledger, work_named, work_role, work_upstream, work_listed_twice,
--         work_decided
-- parameters: $window_days
-- This is the recurrence guard: it looks at everything that was ever issued, not only at what is left over. A line is
-- compared within its lane: the invoices of its money on its day if it is dated, else those of its money and party, within
-- the window around the lane's lines. Lanes are known by 64 bits; whether the party agrees is asked of every pair.

CREATE OR REPLACE TEMP TABLE work_taken AS
SELECT upstream_id FROM work_role WHERE role = 'kept'
UNION
SELECT upstream_id FROM work_named WHERE n_numbers > 1
UNION
SELECT record_id AS upstream_id FROM work_listed_twice
UNION
SELECT record_id AS upstream_id FROM work_decided WHERE side = 'upstream' AND kind = 'leave_alone';

CREATE OR REPLACE TEMP TABLE work_unsure AS
WITH unsure AS (
    SELECT
        l.*, r.upstream_id AS named_id,
        CASE WHEN l.line_total IS NOT NULL THEN 'total' ELSE 'amount' END AS money_kind,
        coalesce(l.line_total, l.line_amount) AS money,
        CASE WHEN l.invoice_date IS NOT NULL THEN 'day' WHEN l.party_id IS NOT NULL THEN 'party_id'
             WHEN l.party_name IS NOT NULL THEN 'party_name' ELSE 'money' END AS lane
    FROM work_open_ledger l
    LEFT JOIN work_role r ON r.ledger_id = l.record_id
    WHERE (r.role = 'doubtful' OR r.ledger_id IS NULL)
      AND l.record_id NOT IN (SELECT ledger_id FROM work_named WHERE n_numbers > 1)
      AND l.record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'ledger' AND kind = 'leave_alone')
),
priced AS (SELECT *, money_key(taxpayer_id, direction, money_kind, money) AS money_key FROM unsure)
SELECT
    *,
    CASE lane WHEN 'day' THEN lane_key(money_key, 'day', invoice_date)
              WHEN 'party_id' THEN lane_key(money_key, 'party_id', party_hash)
              WHEN 'party_name' THEN lane_key(money_key, 'party_name', name_hash)
              ELSE lane_key(money_key, 'money', TRUE) END AS lane_hash
FROM priced;

-- An invoice without a tax id is compared by name also with a line that has one.
CREATE OR REPLACE TEMP TABLE work_wanted AS
WITH wanted AS (
    SELECT
        lane_hash, any_value(money_kind) AS money_kind, any_value(money) AS money, any_value(lane) AS lane,
        CAST(min(posted_on) - to_days($window_days) AS DATE) AS from_day,
        CAST(max(posted_on) + INTERVAL 3 DAY AS DATE) AS to_day
    FROM work_unsure
    WHERE lane_hash IS NOT NULL
    GROUP BY lane_hash
)
SELECT *, lane_hash AS key_hash FROM wanted
UNION ALL
SELECT DISTINCT w.*, lane_key(s.money_key, 'name_of_id', s.name_hash)
FROM work_unsure s
JOIN wanted w ON w.lane_hash = s.lane_hash
WHERE s.lane = 'party_id' AND s.name_hash IS NOT NULL;

-- One column in IN is looked for while DuckDB reads.
CREATE OR REPLACE TEMP TABLE work_same_money AS
WITH issued AS (
    SELECT 'total' AS money_kind, total_cny AS money, * FROM work_upstream
    WHERE total_cny IN (SELECT money FROM work_wanted WHERE money_kind = 'total')
    UNION ALL
    SELECT 'amount', amount_cny, * FROM work_upstream
    WHERE amount_cny IN (SELECT money FROM work_wanted WHERE money_kind = 'amount')
),
priced AS (SELECT *, money_key(taxpayer_id, direction, money_kind, money) AS money_key FROM issued),
dated AS (SELECT *, lane_key(money_key, 'day', issued_on) AS day_key FROM priced),
-- The party's texts are looked at only where a line of that money, and of that day if it has one, may want them.
fitting AS (
    SELECT * REPLACE (party_key(party_id) AS party_hash), name_key(party_name) AS name_hash FROM dated
    WHERE day_key IN (SELECT key_hash FROM work_wanted WHERE lane = 'day')
       OR money_key IN (SELECT money_key FROM work_unsure WHERE lane <> 'day')
),
keyed AS (
    SELECT
        record_id, number, code, issued_on, party_hash, name_hash, amount_cny, tax_cny, total_cny, day_key,
        CASE WHEN party_hash IS NOT NULL THEN lane_key(money_key, 'party_id', party_hash)
             ELSE lane_key(money_key, 'name_of_id', name_hash) END AS party_key,
        lane_key(money_key, 'party_name', name_hash) AS name_key,
        lane_key(money_key, 'money', TRUE) AS money_key
    FROM fitting
)
SELECT * FROM keyed
WHERE day_key IN (SELECT key_hash FROM work_wanted WHERE lane = 'day')
   OR party_key IN (SELECT key_hash FROM work_wanted WHERE lane = 'party_id')
   OR name_key IN (SELECT key_hash FROM work_wanted WHERE lane = 'party_name')
   OR money_key IN (SELECT key_hash FROM work_wanted WHERE lane = 'money');
