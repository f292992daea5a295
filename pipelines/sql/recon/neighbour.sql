-- what: in lanes that are too crowded to be enumerated, the invoices whose number is one error away from the typed one
-- grain: work_similar gains one row per such line and invoice; work_near_number one row per lane, typed number and one near it;
--        work_fit_of_part what work_similar loses again; work_dead_fit one row per fitting invoice that is not in force; and
--        the macro in_force, the view work_similar_number with the numbers by which a line may mean an invoice that fits
-- inputs: work_crowd, work_unsure, work_lane, work_same_money, work_reference, work_taken, work_cleared, work_carried,
--         work_reopened, work_agreed, work_listed_twice, work_forbidden, work_known, work_original_number,
--         work_part
-- parameters: $window_days, $tolerance, $max_neighbours, $max_repeated
-- Two numbers that differ by one wrong, swapped, missing or additional digit have a text in common once one digit is left
-- out of either or both: an equi-join, however many invoices there are. Numbers are compared once each, however many have them.
-- Lines without a number stay skipped, and so do numbers that come near more than $max_repeated invoices: nothing could tell
-- those apart.

CREATE OR REPLACE TEMP TABLE work_typed_in_crowd AS
SELECT s.record_id AS ledger_id, s.lane_hash, r.number
FROM work_unsure s
JOIN work_reference r ON r.ledger_id = s.record_id
WHERE s.record_id IN (SELECT ledger_id FROM work_crowd)
  AND s.named_id IS NULL AND r.n_numbers = 1 AND length(r.number) IN (7, 8, 9, 17, 18, 19, 20, 21);

-- Code and number in one text are compared with both together.
SET VARIABLE has_joined = (
    SELECT count(*) > 0 FROM work_typed_in_crowd
    WHERE length(number) IN (17, 18, 19, 21) OR (length(number) = 20 AND starts_with(number, '0'))
);

-- One error leaves one of a number's halves as it was: only what has one in common with a typed number is looked at further.
CREATE OR REPLACE TEMP TABLE work_crowded_invoice AS
WITH crowded AS (
    SELECT
        c.lane_hash, f.* EXCLUDE (day_id, day_name, day, party_id, party_name, money), f.number AS compared
    FROM (FROM work_lane SEMI JOIN work_typed_in_crowd USING (lane_hash)) c
    JOIN work_same_money f ON f.rowid = c.invoice_row
),
offered AS (
    FROM crowded
    UNION ALL
    SELECT * REPLACE (code || number AS compared) FROM crowded
    WHERE getvariable('has_joined') AND length(number) = 8 AND code IS NOT NULL
)
SELECT * FROM offered
WHERE number_half(lane_hash, 'front', compared) IN (SELECT number_half(lane_hash, 'front', number) FROM work_typed_in_crowd)
   OR number_half(lane_hash, 'back', compared) IN (SELECT number_half(lane_hash, 'back', number) FROM work_typed_in_crowd);

SET VARIABLE is_searched = (SELECT count(*) * 21 <= $max_neighbours FROM work_crowded_invoice);

CREATE OR REPLACE TEMP TABLE work_near_number AS
WITH typed AS (SELECT DISTINCT lane_hash, number FROM work_typed_in_crowd),
offered AS (
    SELECT lane_hash, compared, count(*) AS n_invoices FROM work_crowded_invoice WHERE getvariable('is_searched') GROUP BY ALL
),
shortened_typed AS (
    SELECT lane_hash, number AS typed, shortened(number, n) AS short FROM (SELECT *, unnest(range(22)) AS n FROM typed)
),
shortened_invoice AS (
    SELECT lane_hash, compared, n_invoices, shortened(compared, n) AS short FROM (SELECT *, unnest(range(22)) AS n FROM offered)
),
near AS (
    SELECT DISTINCT lane_hash, typed, compared, n_invoices
    FROM shortened_typed JOIN shortened_invoice USING (lane_hash, short)
)
SELECT lane_hash, typed, compared, sum(n_invoices) OVER (PARTITION BY lane_hash, typed) > $max_repeated AS is_crowded FROM near;

INSERT INTO work_similar
WITH near AS (
    SELECT t.ledger_id, f.record_id AS upstream_id, f.lane_hash
    FROM work_near_number n
    JOIN work_typed_in_crowd t ON t.lane_hash = n.lane_hash AND t.number = n.typed
    JOIN work_crowded_invoice f ON f.lane_hash = n.lane_hash AND f.compared = n.compared
    WHERE NOT n.is_crowded
)
SELECT DISTINCT
    s.record_id AS ledger_id, f.record_id AS upstream_id, f.number, f.code, f.issued_on,
    party_hash_agrees(s.party_hash, s.name_hash, f.party_hash, f.name_hash) AS party_agrees,
    s.is_dated,
    f.record_id NOT IN (SELECT upstream_id FROM work_taken) AS is_free
FROM near n
JOIN work_unsure s ON s.record_id = n.ledger_id
JOIN work_crowded_invoice f ON f.record_id = n.upstream_id AND f.lane_hash = n.lane_hash
ANTI JOIN work_forbidden x ON x.ledger_id = s.record_id AND x.upstream_id = f.record_id
WHERE party_hash_agrees(s.party_hash, s.name_hash, f.party_hash, f.name_hash) IS DISTINCT FROM FALSE
  AND coalesce(abs(s.total_cny - f.total_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.amount_cny - f.amount_cny) <= $tolerance, TRUE)
  AND coalesce(abs(s.tax_cny - f.tax_cny) <= $tolerance, TRUE)
  AND (s.is_dated OR is_in_window(f.issued_on, s.posted_on, $window_days))
  AND f.record_id NOT IN (SELECT record_id FROM work_listed_twice);

DELETE FROM work_crowd
WHERE getvariable('is_searched') AND ledger_id IN (SELECT ledger_id FROM work_typed_in_crowd)
  AND ledger_id NOT IN (
      SELECT t.ledger_id FROM work_typed_in_crowd t
      JOIN work_near_number n ON n.lane_hash = t.lane_hash AND n.typed = t.number
      WHERE n.is_crowded);

-- What is cleared or agreed is not free either; looked up for the few that fit, not for the whole population.
UPDATE work_similar SET is_free = FALSE
WHERE upstream_id IN (SELECT upstream_id FROM work_cleared SEMI JOIN work_similar USING (upstream_id))
   OR upstream_id IN (SELECT upstream_id FROM work_agreed)
   OR upstream_id IN (
       SELECT upstream_id FROM work_carried
       WHERE upstream_hash IN (SELECT hash(upstream_id) FROM work_similar WHERE upstream_id <> '')
         AND upstream_id NOT IN (SELECT upstream_id FROM work_reopened)
   );

-- A line that keeps the amount without tax fits by itself what it fits together with the line of the tax: then both are meant.
CREATE OR REPLACE TEMP TABLE work_fit_of_part AS
SELECT s.* FROM work_similar s
JOIN work_part p ON p.ledger_id = s.ledger_id
SEMI JOIN work_similar w ON w.ledger_id = p.whole_id AND w.upstream_id = s.upstream_id;

DELETE FROM work_similar WHERE (ledger_id, upstream_id) IN (SELECT (ledger_id, upstream_id) FROM work_fit_of_part);

-- What was voided or reversed was often issued again, alike: it is not what a line means that an invoice in force fits too.
CREATE OR REPLACE TEMP TABLE work_dead_fit AS
SELECT record_id AS upstream_id FROM work_known
WHERE status IN ('void', 'red_full') AND record_id IN (SELECT upstream_id FROM work_similar);

CREATE OR REPLACE TEMP MACRO in_force(fits) AS TABLE
WITH fit AS (SELECT *, upstream_id IN (SELECT upstream_id FROM work_dead_fit) AS is_dead FROM query_table(fits)),
lived AS (SELECT * EXCLUDE (is_dead), is_dead AND ledger_id IN (SELECT ledger_id FROM fit WHERE NOT is_dead) AS is_outlived FROM fit)
SELECT * REPLACE (is_free AND NOT is_outlived AS is_free) FROM lived;

-- A red letter may be booked under the number that it reverses.
CREATE OR REPLACE TEMP VIEW work_similar_number AS
FROM work_similar
UNION ALL
SELECT s.* REPLACE (o.number AS number, o.code AS code)
FROM work_similar s JOIN work_original_number o ON o.red_id = s.upstream_id;

DROP TABLE work_same_money;

DROP TABLE work_lane;

CREATE OR REPLACE TEMP TABLE work_repair (ledger_id VARCHAR, upstream_id VARCHAR, rule VARCHAR);

DROP TABLE work_typed_in_crowd;

DROP TABLE work_crowded_invoice;

DROP TABLE work_near_number;
