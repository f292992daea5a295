-- rule: the number is broken and one thing more is wrong: the day, a few cents, or the tax; all else is that of one invoice
-- writes: work_second_pair, work_second, work_repair, work_refused, work_crowd
-- inputs: work_second_line, work_second_near, work_second_invoice, work_second_trace, work_second_crowd (second_look.sql),
--         work_forbidden, work_taken, work_cleared, work_agreed, work_carried, work_reopened
-- parameters: $window_days, $tolerance, $max_neighbours, $slip_days
-- Two things are wrong, so the rest must be whole: the known party, and what is left of the number (19 of 20 digits, or 12
-- and more in front of a float), or the day where there is none. Guards: one such invoice is free, no invoice fits better; a day
-- that is far off is no slip where the party's money recurs (a fee of every month has numbers that are alike);
-- and absence may be concluded of the line (looked.sql), else its own invoice may be one that did not come.

-- Joined before it is filtered, as a table of its own: else DuckDB may compare every line with every invoice first.
CREATE OR REPLACE TEMP TABLE work_second_pair AS
WITH kept AS MATERIALIZED (SELECT * FROM work_second_trace ANTI JOIN work_second_crowd USING (money_key, trace)),
near AS (
    SELECT DISTINCT l.record_id AS ledger_id, u.record_id AS upstream_id, money_key
    FROM (FROM kept WHERE side = 'ledger') l
    JOIN (FROM kept WHERE side = 'upstream') u USING (money_key, trace)
),
alike AS (
    SELECT *, count(*) OVER (PARTITION BY money_key, coalesce(party_hash, name_hash)) AS n_alike FROM work_second_invoice
)
SELECT
    n.ledger_id, n.upstream_id, f.number, s.cause, s.evidence, s.posted_on, f.issued_on,
    party_hash_agrees(s.party_hash, s.name_hash, f.party_hash, f.name_hash) AS is_same_party,
    coalesce(s.invoice_date <> f.issued_on, FALSE) AS is_day_off,
    coalesce(abs(s.invoice_date - f.issued_on) > $slip_days, FALSE) AND f.n_alike > 1 AS is_recurring,
    s.money <> f.money AS is_money_off,
    coalesce(abs(s.total_cny - f.total_cny) > $tolerance, FALSE)
    OR coalesce(abs(s.amount_cny - f.amount_cny) > $tolerance, FALSE)
    OR coalesce(abs(s.tax_cny - f.tax_cny) > $tolerance, FALSE) AS is_tax_off
FROM near n
JOIN work_second_line s ON s.ledger_id = n.ledger_id
JOIN alike f ON f.record_id = n.upstream_id AND f.money_key = n.money_key;

CREATE OR REPLACE TEMP TABLE work_second AS
SELECT ledger_id, upstream_id, number, TRUE AS is_free, is_recurring FROM work_second_pair
ANTI JOIN work_forbidden USING (ledger_id, upstream_id)
WHERE is_day_off::INT + is_money_off::INT + is_tax_off::INT = 1
  AND is_same_party
  AND is_in_window(issued_on, posted_on, $window_days)
  AND CASE cause WHEN 'number_mistyped' THEN damerau_levenshtein(evidence, number) = 1
                 WHEN 'digits_lost' THEN starts_with(number, evidence)
                 ELSE TRUE END;

UPDATE work_second SET is_free = FALSE
WHERE upstream_id IN (SELECT upstream_id FROM work_taken)
   OR upstream_id IN (SELECT upstream_id FROM work_repair)
   OR upstream_id IN (SELECT upstream_id FROM work_cleared SEMI JOIN work_second USING (upstream_id))
   OR upstream_id IN (SELECT upstream_id FROM work_agreed)
   OR upstream_id IN (
       SELECT upstream_id FROM work_carried
       WHERE upstream_hash IN (SELECT hash(upstream_id) FROM work_second)
         AND upstream_id NOT IN (SELECT upstream_id FROM work_reopened)
   );

INSERT INTO work_repair
SELECT ledger_id, upstream_id, 'second_error' FROM (
    SELECT * FROM work_second WHERE is_free QUALIFY count(*) OVER (PARTITION BY ledger_id) = 1
)
WHERE NOT is_recurring
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;

INSERT INTO work_refused
SELECT
    ledger_id, upstream_id,
    CASE WHEN is_recurring THEN 'amount_recurs' WHEN is_free THEN 'several_equal' ELSE 'number_taken' END, 'second_error'
FROM work_second
WHERE ledger_id NOT IN (SELECT ledger_id FROM work_repair);

-- Too many to compare: said of the lines instead of passed over.
INSERT INTO work_crowd
SELECT ledger_id FROM work_second_near
WHERE (cause = 'number_mistyped' AND getvariable('n_second') * 21 > $max_neighbours
       AND money_key IN (SELECT money_key FROM work_second_invoice))
   OR ledger_id IN (
       SELECT record_id FROM work_second_trace SEMI JOIN work_second_crowd USING (money_key, trace) WHERE side = 'ledger'
   )
GROUP BY ledger_id;

DROP TABLE work_second_invoice;

DROP TABLE work_second_trace;

DROP TABLE work_second_near;

DROP TABLE work_second_crowd;

DROP TABLE work_second_pair;
