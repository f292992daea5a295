-- what: for lines that are still open and that nothing fitted, the open invoices that fit but for two things: the number is one
--       error away, cut off, or there is none, and one thing more is wrong
-- grain: work_miss_line one row per such line and number of it, or without one; work_miss_typed per line, number and what it
--        may share with an invoice; work_miss_priced per invoice of a line's sum; work_miss_offered per invoice, number and what
--        it shares; work_miss_key the same for parts of the numbers; work_miss_crowd per part that too many share;
--        work_refused gains a row per line and invoice, work_crowd one per line that was not compared
-- inputs: work_lone_ledger, work_lone_upstream, work_unsure, work_similar, work_refused, work_reference, work_open_upstream,
--         work_forbidden, work_crowd
-- parameters: $as_of, $tolerance, $window_days, $max_pairs, $max_neighbours
-- Told to whoever looks for the invoice, never linked: two things are wrong. With the number the party or the money (what
-- else there is, second_error links), without a number the day; all else that both sides keep agrees. Only for lines of which
-- absence may be concluded, else their own invoice may be one that did not come.

CREATE OR REPLACE TEMP TABLE work_miss_line AS
WITH missed AS MATERIALIZED (
    SELECT record_id FROM work_lone_ledger
    WHERE cause NOT IN ('sync_delay', 'upstream_gap')
      AND record_id NOT IN (SELECT ledger_id FROM work_refused)
      AND record_id NOT IN (SELECT ledger_id FROM work_crowd)
),
fitted AS (SELECT ledger_id FROM work_similar WHERE ledger_id IN (SELECT record_id FROM missed)),
open_line AS MATERIALIZED (
    SELECT
        record_id AS ledger_id, taxpayer_id, direction, money_kind, money, plain, code AS line_code, invoice_date,
        party_hash, name_hash, float_prefix
    FROM work_unsure
    WHERE record_id IN (SELECT record_id FROM missed) AND record_id NOT IN (SELECT ledger_id FROM fitted)
      AND named_id IS NULL AND coalesce(party_hash, name_hash) IS NOT NULL
)
SELECT l.* EXCLUDE (plain, line_code, float_prefix), r.number, r.code
FROM open_line l
JOIN work_reference r ON r.ledger_id = l.ledger_id
WHERE r.n_numbers = 1 AND (length(r.number) IN (8, 9, 19, 20, 21) OR is_front(r.number, r.code, $as_of::TIMESTAMP))
  AND r.form NOT IN ('split_code', 'lost_zeros')
  -- What a spreadsheet damaged is not mistyped.
  AND NOT is_rounded_number(r.number)
UNION ALL
-- Seven digits may have lost a zero or any other digit.
SELECT * EXCLUDE (plain, line_code, float_prefix), plain, line_code FROM open_line
WHERE CASE WHEN length(plain) = 7 THEN regexp_full_match(plain, '[0-9]+') END
UNION ALL
SELECT * EXCLUDE (plain, line_code, float_prefix), NULL, NULL FROM open_line
WHERE invoice_date IS NOT NULL AND float_prefix IS NULL AND ledger_id NOT IN (SELECT ledger_id FROM work_reference);

-- One wrong, swapped, missing or additional digit leaves one of these as it was; so does a field too short for 20.
CREATE OR REPLACE TEMP MACRO number_keys(shared_key, number) AS
    CASE WHEN length(number) > 9
         THEN [hash(shared_key, left(number, 18)), hash(shared_key, left(number, 17), right(number, 1)),
               hash(shared_key, left(number, 16), right(number, 2)), hash(shared_key, left(number, 14), right(number, 3)),
               hash(shared_key, right(number, 5))]
              || CASE WHEN getvariable('has_front') THEN [hash(shared_key, left(number, 16))] ELSE [] END
         ELSE [hash(shared_key, left(number, 6)), hash(shared_key, left(number, 5), right(number, 1)),
               hash(shared_key, left(number, 4), right(number, 2)), hash(shared_key, right(number, 3))] END;

-- Line and invoice meet by their sum, or by their party, and by part of the number; other money is looked at only where the day
-- is that of the line, if it has one, and a short number, which is near many, only where its code is known.
CREATE OR REPLACE TEMP MACRO party_day_key(taxpayer_id, direction, party, day) AS
    CASE WHEN party IS NOT NULL THEN hash(taxpayer_id, direction, party, day) END;

CREATE OR REPLACE TEMP MACRO party_keys(shared_key, id, name) AS
    [hash(shared_key, party) FOR party IN [id, name] IF party IS NOT NULL];

CREATE OR REPLACE TEMP TABLE work_miss_typed AS
SELECT ledger_id, number, money_key(company_key(taxpayer_id, direction), money_kind, money) AS shared_key FROM work_miss_line
WHERE number IS NOT NULL
UNION ALL
SELECT ledger_id, number, party_day_key(taxpayer_id, direction, coalesce(party_hash, name_hash), invoice_date)
FROM work_miss_line
WHERE length(number) > 9 OR code IS NOT NULL;

CREATE OR REPLACE TEMP TABLE work_miss_priced AS
SELECT record_id, number, party_hash, name_hash, money_key(company_key(taxpayer_id, direction), 'total', total_cny) AS shared_key
FROM work_open_upstream
WHERE total_cny IN (SELECT money FROM work_miss_line WHERE money_kind = 'total')
  AND record_id IN (SELECT record_id FROM work_lone_upstream)
UNION ALL
SELECT record_id, number, party_hash, name_hash, money_key(company_key(taxpayer_id, direction), 'amount', amount_cny)
FROM work_open_upstream
WHERE amount_cny IN (SELECT money FROM work_miss_line WHERE money_kind = 'amount')
  AND record_id IN (SELECT record_id FROM work_lone_upstream);

CREATE OR REPLACE TEMP TABLE work_miss_offered AS
WITH of_party AS (
    SELECT record_id, taxpayer_id, direction, number, issued_on, party_hash AS party FROM work_open_upstream
    WHERE party_hash IN (SELECT party_hash FROM work_miss_line)
    UNION ALL
    SELECT record_id, taxpayer_id, direction, number, issued_on, name_hash FROM work_open_upstream
    WHERE name_hash IN (SELECT name_hash FROM work_miss_line WHERE party_hash IS NULL)
),
placed AS (
    SELECT record_id, number, party_day_key(taxpayer_id, direction, party, issued_on) AS shared_key FROM of_party
    UNION ALL
    SELECT record_id, number, party_day_key(taxpayer_id, direction, party, NULL::DATE) FROM of_party
    WHERE party IN (SELECT coalesce(party_hash, name_hash) FROM work_miss_line WHERE invoice_date IS NULL)
    UNION ALL
    SELECT record_id, number, shared_key FROM work_miss_priced
    UNION ALL
    SELECT record_id, right(number, 8), shared_key FROM work_miss_priced WHERE length(number) = 20
)
SELECT * FROM placed WHERE shared_key IN (SELECT shared_key FROM work_miss_typed);

SET VARIABLE n_miss = (SELECT count(*) FROM work_miss_offered);

CREATE OR REPLACE TEMP TABLE work_miss_key AS
SELECT 'ledger' AS side, ledger_id AS record_id, unnest(number_keys(shared_key, number)) AS shared_key FROM work_miss_typed
UNION ALL
SELECT 'ledger', ledger_id, unnest(party_keys(money_key(company_key(taxpayer_id, direction), money_kind, money), party_hash, name_hash))
FROM work_miss_line
WHERE number IS NULL;

INSERT INTO work_miss_key
WITH offered AS (
    SELECT record_id, unnest(number_keys(shared_key, number)) AS shared_key FROM work_miss_offered
    WHERE getvariable('n_miss') * 5 <= $max_neighbours
    UNION ALL
    SELECT record_id, unnest(party_keys(shared_key, party_hash, name_hash)) FROM work_miss_priced
)
SELECT 'upstream', record_id, shared_key FROM offered
SEMI JOIN work_miss_key USING (shared_key)
SEMI JOIN work_lone_upstream USING (record_id);

CREATE OR REPLACE TEMP TABLE work_miss_crowd AS
SELECT shared_key FROM work_miss_key
WHERE shared_key IN (SELECT shared_key FROM work_miss_key WHERE side = 'upstream')
GROUP BY shared_key
HAVING count(*) FILTER (side = 'ledger') * count(*) FILTER (side = 'upstream') > $max_pairs;

INSERT INTO work_refused
WITH kept AS MATERIALIZED (SELECT * FROM work_miss_key ANTI JOIN work_miss_crowd USING (shared_key)),
near AS (
    SELECT DISTINCT l.record_id AS ledger_id, u.record_id AS upstream_id
    FROM (FROM kept WHERE side = 'ledger') l
    JOIN (FROM kept WHERE side = 'upstream') u USING (shared_key)
),
compared AS (
    SELECT
        n.ledger_id, n.upstream_id, m.number AS typed, m.code AS typed_code, u.number, u.code,
        party_hash_agrees(s.party_hash, s.name_hash, u.party_hash, u.name_hash) AS party_agrees,
        coalesce(greatest(abs(s.total_cny - u.total_cny), abs(s.amount_cny - u.amount_cny)) <= $tolerance, TRUE)
            AS money_agrees,
        coalesce(abs(s.tax_cny - u.tax_cny) <= $tolerance, TRUE) AS tax_agrees,
        s.invoice_date = u.issued_on AS day_agrees,
        is_in_window(u.issued_on, s.posted_on, $window_days) AS is_in_window
    FROM near n
    JOIN work_miss_line m ON m.ledger_id = n.ledger_id
    JOIN work_unsure s ON s.record_id = n.ledger_id
    JOIN work_open_upstream u ON u.record_id = n.upstream_id
    ANTI JOIN work_forbidden x ON x.ledger_id = n.ledger_id AND x.upstream_id = n.upstream_id
)
SELECT DISTINCT ledger_id, upstream_id, CASE WHEN money_agrees THEN 'party_differs' ELSE 'amount_differs' END, 'near_miss'
FROM compared
WHERE coalesce(day_agrees, is_in_window)
  AND CASE WHEN money_agrees THEN tax_agrees AND NOT party_agrees
           ELSE party_agrees AND (length(number) = 20 OR code = typed_code) AND length(number) - length(typed) < 10 END
  AND ((damerau_levenshtein(typed, number) = 1 AND coalesce(length(number) = 20 OR code = typed_code, TRUE))
       OR (length(number) = 20 AND typed_code IS NULL AND damerau_levenshtein(typed, right(number, 8)) = 1))
UNION ALL
-- Much begins alike: told only where there is no choice.
SELECT ledger_id, upstream_id, CASE WHEN money_agrees THEN 'party_differs' ELSE 'amount_differs' END, 'near_miss'
FROM (
    SELECT * FROM compared
    WHERE is_front(typed, typed_code, $as_of::TIMESTAMP) AND starts_with(number, typed)
      AND coalesce(day_agrees, is_in_window) AND money_agrees <> party_agrees AND (tax_agrees OR NOT money_agrees)
    QUALIFY count(*) OVER (PARTITION BY ledger_id) = 1
)
UNION ALL
SELECT ledger_id, upstream_id, 'date_differs', 'near_miss' FROM compared
WHERE typed IS NULL AND party_agrees AND money_agrees AND tax_agrees AND NOT day_agrees AND is_in_window;

-- Too many to compare: said of the lines instead of passed over.
INSERT INTO work_crowd
SELECT record_id FROM work_miss_key SEMI JOIN work_miss_crowd USING (shared_key) WHERE side = 'ledger'
UNION
SELECT ledger_id FROM work_miss_typed
WHERE getvariable('n_miss') * 5 > $max_neighbours AND shared_key IN (SELECT shared_key FROM work_miss_offered);

DROP TABLE work_miss_priced;

DROP TABLE work_miss_offered;

DROP TABLE work_miss_key;
