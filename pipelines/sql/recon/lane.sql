-- what: the lanes that are too crowded, and the pairs of line and invoice within all others
-- grain: work_lane one row per lane and invoice in it; work_crowd one row per line that is skipped; work_similar one row per
--        line and invoice that fits; work_other_party per line and invoice that fits but for its party
-- inputs: work_unsure, work_wanted, work_same_money, work_reference, work_taken, work_listed_twice, work_forbidden
-- parameters: $window_days, $max_pairs, $tolerance
-- A lane holds what is compared, all of it numbers; the texts of an invoice are fetched for the pairs that fit.

CREATE OR REPLACE TEMP TABLE work_lane AS
WITH placed AS (
    SELECT 'day' AS lane, day_key AS key_hash, rowid AS invoice_row FROM work_same_money
    UNION ALL
    SELECT 'party_id', party_key, rowid FROM work_same_money
    UNION ALL
    SELECT 'party_name', name_key, rowid FROM work_same_money
    UNION ALL
    SELECT 'money', money_key, rowid FROM work_same_money
)
SELECT
    w.lane_hash, p.invoice_row, f.issued_on, f.party_hash, f.name_hash, f.amount_cny, f.tax_cny, f.total_cny
FROM placed p
JOIN work_wanted w ON w.key_hash = p.key_hash AND w.lane = p.lane
JOIN work_same_money f ON f.rowid = p.invoice_row
WHERE w.lane = 'day' OR f.issued_on BETWEEN w.from_day AND w.to_day;

CREATE OR REPLACE TEMP TABLE work_crowd AS
WITH crowded AS (
    SELECT l.lane_hash
    FROM (SELECT lane_hash, count(*) AS n_lines FROM work_unsure GROUP BY lane_hash) l
    JOIN (SELECT lane_hash, count(*) AS n_invoices FROM work_lane GROUP BY lane_hash) i USING (lane_hash)
    WHERE l.n_lines * i.n_invoices > $max_pairs
)
SELECT record_id AS ledger_id FROM work_unsure SEMI JOIN crowded USING (lane_hash);

CREATE OR REPLACE TEMP TABLE work_pair AS
WITH searched AS MATERIALIZED (
    -- Materialised: a crowd must leave before the join, not after it.
    SELECT
        record_id, lane, lane_hash, posted_on, party_hash, name_hash, total_cny, amount_cny, tax_cny,
        float_prefix IS NULL AND record_id NOT IN (SELECT ledger_id FROM work_reference) AS is_without_number
    FROM work_unsure WHERE record_id NOT IN (SELECT ledger_id FROM work_crowd)
)
SELECT
    s.record_id AS ledger_id, f.invoice_row, s.lane = 'day' AS is_dated,
    party_hash_agrees(s.party_hash, s.name_hash, f.party_hash, f.name_hash) AS party_agrees
FROM work_lane f
JOIN searched s ON s.lane_hash = f.lane_hash
-- Every kind of money that both sides keep, not only the one that is compared first.
WHERE (s.is_without_number OR party_hash_agrees(s.party_hash, s.name_hash, f.party_hash, f.name_hash) IS DISTINCT FROM FALSE)
  AND coalesce(abs(s.total_cny - f.total_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.amount_cny - f.amount_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.tax_cny - f.tax_cny) <= $tolerance, TRUE)
  AND (s.lane = 'day' OR f.issued_on BETWEEN s.posted_on - to_days($window_days) AND s.posted_on + INTERVAL 3 DAY);

CREATE OR REPLACE TEMP TABLE work_similar AS
SELECT
    p.ledger_id, f.record_id AS upstream_id, f.number, f.code, f.issued_on, p.party_agrees, p.is_dated,
    f.record_id NOT IN (SELECT upstream_id FROM work_taken) AS is_free
FROM work_pair p
JOIN work_same_money f ON f.rowid = p.invoice_row
ANTI JOIN work_forbidden x ON x.ledger_id = p.ledger_id AND x.upstream_id = f.record_id
WHERE p.party_agrees IS DISTINCT FROM FALSE
  AND f.record_id NOT IN (SELECT record_id FROM work_listed_twice);

-- Never linked, but told to whoever looks for the invoice (candidate.sql): the line has no number that says otherwise.
CREATE OR REPLACE TEMP TABLE work_other_party AS
SELECT DISTINCT p.ledger_id, f.record_id AS upstream_id
FROM work_pair p
JOIN work_same_money f ON f.rowid = p.invoice_row
ANTI JOIN work_forbidden x ON x.ledger_id = p.ledger_id AND x.upstream_id = f.record_id
WHERE NOT p.party_agrees;

DROP TABLE work_pair;
