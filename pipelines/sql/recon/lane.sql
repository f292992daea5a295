-- what: the lanes that are too crowded, and the pairs of line and invoice within all others
-- grain: work_crowd one row per line that is skipped; work_similar one row per line and invoice that fits
-- inputs: work_unsure, work_same_money, work_taken, work_listed_twice, work_forbidden
-- parameters: $window_days, $max_pairs, $tolerance
-- An invoice without a tax id is compared by name also with a line that has one. The branches differ in their key alone:
-- one join with the key in a CASE would meet on the money only, and that is what a crowd has in common.

CREATE OR REPLACE TEMP TABLE work_lane AS
WITH wanted AS (
    SELECT DISTINCT taxpayer_id, direction, money_kind, money, lane, lane_key FROM work_unsure WHERE lane <> 'day'
),
by_name AS (
    SELECT DISTINCT taxpayer_id, direction, money_kind, money, lane, lane_key, plain_name(party_name) AS party_key
    FROM work_unsure
    WHERE lane = 'party_id'
),
keyed AS (
    SELECT *, upper(party_id) AS id_key, plain_name(party_name) AS name_key FROM work_same_money WHERE lane IS NULL
)
SELECT * FROM work_same_money WHERE lane IS NOT NULL
UNION ALL BY NAME
SELECT k.* EXCLUDE (lane, lane_key, id_key, name_key), w.lane, w.lane_key
FROM keyed k
JOIN wanted w
  ON w.taxpayer_id = k.taxpayer_id AND w.direction = k.direction AND w.money_kind = k.money_kind
 AND w.money = k.money AND w.lane_key = k.id_key
WHERE w.lane = 'party_id'
UNION ALL BY NAME
SELECT k.* EXCLUDE (lane, lane_key, id_key, name_key), w.lane, w.lane_key
FROM keyed k
JOIN wanted w
  ON w.taxpayer_id = k.taxpayer_id AND w.direction = k.direction AND w.money_kind = k.money_kind
 AND w.money = k.money AND w.lane_key = k.name_key
WHERE w.lane = 'party_name'
UNION ALL BY NAME
SELECT k.* EXCLUDE (lane, lane_key, id_key, name_key), w.lane, w.lane_key
FROM keyed k
JOIN wanted w
  ON w.taxpayer_id = k.taxpayer_id AND w.direction = k.direction AND w.money_kind = k.money_kind
 AND w.money = k.money
WHERE w.lane = 'money'
UNION ALL BY NAME
SELECT k.* EXCLUDE (lane, lane_key, id_key, name_key), w.lane, w.lane_key
FROM keyed k
JOIN by_name w
  ON w.taxpayer_id = k.taxpayer_id AND w.direction = k.direction AND w.money_kind = k.money_kind
 AND w.money = k.money AND w.party_key = k.name_key
WHERE k.party_id IS NULL;

CREATE OR REPLACE TEMP TABLE work_crowd AS
WITH crowded AS (
    SELECT taxpayer_id, direction, money_kind, money, lane, lane_key, l.n_lines * i.n_invoices AS n_pairs
    FROM (SELECT taxpayer_id, direction, money_kind, money, lane, lane_key, count(*) AS n_lines
          FROM work_unsure GROUP BY ALL) l
    JOIN (SELECT taxpayer_id, direction, money_kind, money, lane, lane_key, count(*) AS n_invoices
          FROM work_lane GROUP BY ALL) i
    USING (taxpayer_id, direction, money_kind, money, lane, lane_key)
    WHERE l.n_lines * i.n_invoices > $max_pairs
)
SELECT s.record_id AS ledger_id FROM work_unsure s
SEMI JOIN crowded c USING (taxpayer_id, direction, money_kind, money, lane, lane_key);

CREATE OR REPLACE TEMP TABLE work_similar AS
WITH searched AS MATERIALIZED (
    -- Materialised: a crowd must leave before the join, not after it.
    SELECT * FROM work_unsure WHERE record_id NOT IN (SELECT ledger_id FROM work_crowd)
)
SELECT
    s.record_id AS ledger_id, f.record_id AS upstream_id, f.number, f.code, f.issued_on,
    party_agrees(s.party_id, s.party_name, f.party_id, f.party_name) AS party_agrees,
    s.lane = 'day' AS is_dated,
    f.record_id NOT IN (SELECT upstream_id FROM work_taken) AS is_free
FROM work_lane f
JOIN searched s USING (taxpayer_id, direction, money_kind, money, lane, lane_key)
ANTI JOIN work_forbidden x ON x.ledger_id = s.record_id AND x.upstream_id = f.record_id
WHERE party_agrees(s.party_id, s.party_name, f.party_id, f.party_name) IS DISTINCT FROM FALSE
  -- Every kind of money that both sides keep, not only the one that is compared first.
  AND coalesce(abs(s.total_cny - f.total_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.amount_cny - f.amount_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.tax_cny - f.tax_cny) <= $tolerance, TRUE)
  AND (s.lane = 'day' OR f.issued_on BETWEEN s.posted_on - to_days($window_days) AND s.posted_on + INTERVAL 3 DAY)
  AND f.record_id NOT IN (SELECT record_id FROM work_listed_twice);
