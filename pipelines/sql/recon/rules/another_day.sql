-- rule: one digit away from the 20 digits of an invoice of that party and money, which is of another day than the line says
-- writes: work_off_day, work_repair, work_refused, work_crowd
-- inputs: work_unsure, work_near, work_reference, work_repair, work_looked, work_upstream, work_listed_twice,
--         work_forbidden, work_taken, work_cleared, work_agreed, work_carried, work_reopened
-- parameters: $window_days, $tolerance, $max_neighbours
-- Number and day are both wrong, so the rest must be whole: at least 19 of 20 digits, the known party, every kind of money.
-- Guards: one such invoice is free; and absence may be concluded of the line (looked.sql), else its own invoice may be one
-- that did not come. Sought by the texts that are left without one digit, as in neighbour.sql.

CREATE OR REPLACE TEMP TABLE work_off_day_line AS
SELECT
    s.record_id AS ledger_id, s.money_key, s.money_kind, s.money, s.posted_on, s.invoice_date, s.party_hash, s.name_hash,
    s.total_cny, s.amount_cny, s.tax_cny, r.number AS typed
FROM work_unsure s
JOIN work_reference r ON r.ledger_id = s.record_id
JOIN work_looked k ON k.ledger_id = s.record_id
WHERE s.lane = 'day' AND s.named_id IS NULL AND k.is_settled
  AND r.n_numbers = 1 AND length(r.number) IN (19, 20, 21)
  AND NOT regexp_full_match(r.number, '[0-9]{15,17}0{3,5}')
  AND s.record_id NOT IN (SELECT ledger_id FROM work_near WHERE is_free)
  AND s.record_id NOT IN (SELECT ledger_id FROM work_repair);

-- One column in IN is looked for while DuckDB reads. Of the invoices of that money only those of a wanted party are kept.
CREATE OR REPLACE TEMP TABLE work_off_day_invoice AS
WITH issued AS (
    SELECT 'total' AS money_kind, total_cny AS money, * FROM work_upstream
    WHERE total_cny IN (SELECT money FROM work_off_day_line WHERE money_kind = 'total')
    UNION ALL
    SELECT 'amount', amount_cny, * FROM work_upstream
    WHERE amount_cny IN (SELECT money FROM work_off_day_line WHERE money_kind = 'amount')
),
priced AS (
    SELECT *, money_key(taxpayer_id, direction, money_kind, money) AS money_key FROM issued WHERE length(number) = 20
),
fitting AS (
    SELECT * REPLACE (party_key(party_id) AS party_hash), name_key(party_name) AS name_hash FROM priced
    WHERE money_key IN (SELECT money_key FROM work_off_day_line)
)
SELECT record_id, number, issued_on, party_hash, name_hash, amount_cny, tax_cny, total_cny, money_key FROM fitting
WHERE lane_key(money_key, 'party_id', party_hash)
      IN (SELECT lane_key(money_key, 'party_id', party_hash) FROM work_off_day_line)
   OR lane_key(money_key, 'party_name', name_hash)
      IN (SELECT lane_key(money_key, 'party_name', name_hash) FROM work_off_day_line);

SET VARIABLE n_off_day = (SELECT count(*) FROM work_off_day_invoice);

CREATE OR REPLACE TEMP TABLE work_off_day AS
WITH shortened_typed AS (
    SELECT ledger_id, money_key, shortened(typed, n) AS short
    FROM (SELECT *, unnest(range(22)) AS n FROM work_off_day_line)
),
shortened_invoice AS (
    SELECT record_id, money_key, shortened(number, n) AS short
    FROM (SELECT *, unnest(range(22)) AS n FROM work_off_day_invoice)
    WHERE getvariable('n_off_day') * 21 <= $max_neighbours
),
near AS (
    SELECT DISTINCT t.ledger_id, f.record_id AS upstream_id
    FROM shortened_typed t
    JOIN shortened_invoice f USING (money_key, short)
)
SELECT n.ledger_id, n.upstream_id, f.number, TRUE AS is_free
FROM near n
JOIN work_off_day_line s ON s.ledger_id = n.ledger_id
JOIN work_off_day_invoice f ON f.record_id = n.upstream_id AND f.money_key = s.money_key
ANTI JOIN work_forbidden x ON x.ledger_id = n.ledger_id AND x.upstream_id = n.upstream_id
WHERE damerau_levenshtein(s.typed, f.number) = 1
  AND party_hash_agrees(s.party_hash, s.name_hash, f.party_hash, f.name_hash)
  AND coalesce(abs(s.total_cny - f.total_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.amount_cny - f.amount_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.tax_cny - f.tax_cny) <= $tolerance, TRUE)
  AND f.issued_on <> s.invoice_date
  AND f.issued_on BETWEEN s.posted_on - to_days($window_days) AND s.posted_on + INTERVAL 3 DAY
  AND n.upstream_id NOT IN (SELECT record_id FROM work_listed_twice);

UPDATE work_off_day SET is_free = FALSE
WHERE upstream_id IN (SELECT upstream_id FROM work_taken)
   OR upstream_id IN (SELECT upstream_id FROM work_repair)
   OR upstream_id IN (SELECT upstream_id FROM work_cleared SEMI JOIN work_off_day USING (upstream_id))
   OR upstream_id IN (SELECT upstream_id FROM work_agreed)
   OR upstream_id IN (
       SELECT upstream_id FROM work_carried
       WHERE upstream_hash IN (SELECT hash(upstream_id) FROM work_off_day)
         AND upstream_id NOT IN (SELECT upstream_id FROM work_reopened)
   );

INSERT INTO work_repair
SELECT ledger_id, upstream_id, 'another_day' FROM (
    SELECT ledger_id, upstream_id FROM work_off_day WHERE is_free QUALIFY count(*) OVER (PARTITION BY ledger_id) = 1
)
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;

INSERT INTO work_refused
SELECT ledger_id, upstream_id, CASE WHEN is_free THEN 'several_equal' ELSE 'number_taken' END, 'another_day'
FROM work_off_day
WHERE ledger_id NOT IN (SELECT ledger_id FROM work_repair);

-- Too many invoices of that money to compare: said of the lines instead of passed over.
INSERT INTO work_crowd
SELECT ledger_id FROM work_off_day_line
SEMI JOIN work_off_day_invoice USING (money_key)
WHERE getvariable('n_off_day') * 21 > $max_neighbours AND ledger_id NOT IN (SELECT ledger_id FROM work_crowd);

DROP TABLE work_off_day_invoice;
