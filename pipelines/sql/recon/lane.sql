-- what: the lanes that are too crowded, and the pairs of line and invoice within all others
-- grain: work_lane one row per lane and invoice in it; work_crowd one row per line that is skipped; work_similar one row per
--        line and invoice that fits; work_other_party per line and invoice that fits but for its party; work_day_line per dated
--        line without a number, work_day_invoice per open invoice of its sum and day; work_crowded_day per such line that is
--        skipped
-- inputs: work_unsure, work_wanted, work_same_money, work_reference, work_taken, work_listed_twice, work_forbidden,
--         work_open_upstream
-- parameters: $window_days, $max_pairs, $tolerance
-- A lane holds what is compared, all of it numbers; the texts of an invoice are fetched for the pairs that fit.

CREATE OR REPLACE TEMP TABLE work_lane AS
WITH placed AS (
    SELECT unnest([day_id, day_name, day, party_id, party_name, money]) AS key_hash, rowid AS invoice_row,
           issued_on, party_hash, name_hash, amount_cny, tax_cny, total_cny
    FROM work_same_money
)
SELECT w.lane_hash, p.* EXCLUDE (key_hash)
FROM placed p
JOIN work_wanted w ON w.key_hash = p.key_hash
WHERE w.lane IN ('day_id', 'day_name', 'day') OR p.issued_on BETWEEN w.from_day AND w.to_day;

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
    SELECT record_id, is_dated, lane_hash, posted_on, party_hash, name_hash, total_cny, amount_cny, tax_cny
    FROM work_unsure WHERE record_id NOT IN (SELECT ledger_id FROM work_crowd)
)
SELECT
    s.record_id AS ledger_id, f.invoice_row, s.is_dated,
    party_hash_agrees(s.party_hash, s.name_hash, f.party_hash, f.name_hash) AS party_agrees
FROM work_lane f
JOIN searched s ON s.lane_hash = f.lane_hash
-- Every kind of money that both sides keep, not only the one that is compared first.
WHERE party_hash_agrees(s.party_hash, s.name_hash, f.party_hash, f.name_hash) IS DISTINCT FROM FALSE
  AND coalesce(abs(s.total_cny - f.total_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.amount_cny - f.amount_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.tax_cny - f.tax_cny) <= $tolerance, TRUE)
  AND (s.is_dated OR is_in_window(f.issued_on, s.posted_on, $window_days));

CREATE OR REPLACE TEMP TABLE work_similar AS
SELECT
    p.ledger_id, f.record_id AS upstream_id, f.number, f.code, f.issued_on, p.party_agrees, p.is_dated,
    f.record_id NOT IN (SELECT upstream_id FROM work_taken) AS is_free
FROM work_pair p
JOIN work_same_money f ON f.rowid = p.invoice_row
ANTI JOIN work_forbidden x ON x.ledger_id = p.ledger_id AND x.upstream_id = f.record_id
WHERE f.record_id NOT IN (SELECT record_id FROM work_listed_twice);

DROP TABLE work_pair;

-- Never linked, but told to whoever looks for the invoice (candidate.sql): money and day are those of the line, which has no
-- number that says otherwise. Only open invoices: of the others nobody asks.
CREATE OR REPLACE TEMP TABLE work_day_line AS
SELECT
    record_id AS ledger_id, lane_key(money_key, 'day', invoice_date) AS day_key, party_hash, name_hash, total_cny,
    amount_cny, tax_cny
FROM work_unsure
WHERE is_dated AND float_prefix IS NULL AND coalesce(party_hash, name_hash) IS NOT NULL
  AND record_id NOT IN (SELECT ledger_id FROM work_reference);

CREATE OR REPLACE TEMP TABLE work_day_invoice AS
WITH priced AS (
    SELECT *, money_key(company_key(taxpayer_id, direction), 'total', total_cny) AS money_key FROM work_open_upstream
    UNION ALL
    SELECT *, money_key(company_key(taxpayer_id, direction), 'amount', amount_cny) FROM work_open_upstream
)
SELECT
    record_id AS upstream_id, lane_key(money_key, 'day', issued_on) AS day_key, party_hash, name_hash, total_cny,
    amount_cny, tax_cny
FROM priced
WHERE lane_key(money_key, 'day', issued_on) IN (SELECT day_key FROM work_day_line);

CREATE OR REPLACE TEMP TABLE work_crowded_day AS
WITH crowded AS (
    SELECT day_key
    FROM (SELECT day_key, count(*) AS n_lines FROM work_day_line GROUP BY day_key)
    JOIN (SELECT day_key, count(*) AS n_invoices FROM work_day_invoice GROUP BY day_key) USING (day_key)
    WHERE n_lines * n_invoices > $max_pairs
)
SELECT ledger_id FROM work_day_line SEMI JOIN crowded USING (day_key);

CREATE OR REPLACE TEMP TABLE work_other_party AS
SELECT DISTINCT l.ledger_id, u.upstream_id
FROM (FROM work_day_line WHERE ledger_id NOT IN (SELECT ledger_id FROM work_crowded_day)) l
JOIN work_day_invoice u USING (day_key)
ANTI JOIN work_forbidden x ON x.ledger_id = l.ledger_id AND x.upstream_id = u.upstream_id
WHERE NOT party_hash_agrees(l.party_hash, l.name_hash, u.party_hash, u.name_hash)
  AND coalesce(abs(l.total_cny - u.total_cny) <= $tolerance, TRUE)
  AND coalesce(abs(l.amount_cny - u.amount_cny) <= $tolerance, TRUE)
  AND coalesce(abs(l.tax_cny - u.tax_cny) <= $tolerance, TRUE);

DROP TABLE work_day_line;

DROP TABLE work_day_invoice;

DROP TABLE work_wanted;
