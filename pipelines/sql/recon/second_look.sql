-- what: lines whose number is broken and that nothing fits, and what may be theirs if one thing more is wrong
-- grain: work_second_line one row per line and reading of its number; work_second_money per sum and issued sum within the
--        tolerance of it; work_second_near per line and such sum; work_second_sum per sum; work_second_invoice per invoice of such a sum and a wanted
--        party; work_second_half per half of a number; work_second_typed per line and sum; work_second_trace per line or
--        invoice and what they may have in common; work_second_crowd per trace that too many share to be compared
-- inputs: work_unsure, work_role, work_part, work_near, work_similar, work_reference, work_repair, work_looked,
--         work_listed_twice, work_crowd, work_upstream, the macro invoice_of_money
-- parameters: $tolerance, $max_neighbours, $max_pairs

CREATE OR REPLACE TEMP TABLE work_second_line AS
WITH unfitted AS (
    SELECT record_id AS ledger_id, float_prefix, invoice_date, array_to_string(tokens, '') AS digits
    FROM work_unsure WHERE record_id NOT IN (SELECT ledger_id FROM work_similar)
),
broken AS (
    SELECT ledger_id, 'number_mistyped' AS cause, number AS evidence FROM work_reference
    WHERE n_numbers = 1 AND length(number) IN (19, 20, 21) AND NOT is_rounded_number(number)
      AND ledger_id NOT IN (SELECT ledger_id FROM work_near WHERE is_free)
    UNION ALL
    SELECT ledger_id, 'digits_lost', left(coalesce(float_prefix, rtrim(digits, '0')), 15) FROM unfitted
    WHERE length(float_prefix) >= 12 OR is_rounded_number(digits)
    UNION ALL
    SELECT ledger_id, 'number_absent', CAST(invoice_date AS VARCHAR) FROM unfitted
    WHERE invoice_date IS NOT NULL AND float_prefix IS NULL AND ledger_id NOT IN (SELECT ledger_id FROM work_reference)
)
SELECT
    b.*, s.taxpayer_id, s.direction, s.money_kind, s.money, s.posted_on, s.invoice_date, s.party_hash, s.name_hash,
    s.total_cny, s.amount_cny, s.tax_cny
FROM (SELECT DISTINCT * FROM broken) b
JOIN work_unsure s ON s.record_id = b.ledger_id
JOIN work_looked k ON k.ledger_id = b.ledger_id
WHERE k.is_settled
  -- Of other money the invoice that the number names is not the line's either.
  AND (s.named_id IS NULL OR s.record_id IN (SELECT ledger_id FROM work_role WHERE role = 'doubtful' AND money_agrees IS FALSE))
  AND coalesce(s.party_hash, s.name_hash) IS NOT NULL
  AND b.ledger_id NOT IN (SELECT ledger_id FROM work_repair)
  AND b.ledger_id NOT IN (SELECT whole_id FROM work_part)
  AND b.ledger_id NOT IN (SELECT ledger_id FROM work_crowd);

-- Which sums that were issued are within the tolerance of a wanted one, by steps as wide as it, of the money column alone.
CREATE OR REPLACE TEMP TABLE work_second_money AS
WITH wanted AS (
    SELECT
        money_kind, money,
        unnest(range(money_step(money - $tolerance, $tolerance), money_step(money + $tolerance, $tolerance) + 1)) AS step
    FROM (SELECT DISTINCT money_kind, money FROM work_second_line)
),
issued AS (
    SELECT DISTINCT 'total' AS money_kind, total_cny AS near_money FROM work_upstream
    WHERE money_step(total_cny, $tolerance) IN (SELECT step FROM wanted WHERE money_kind = 'total')
    UNION ALL
    SELECT DISTINCT 'amount', amount_cny FROM work_upstream
    WHERE money_step(amount_cny, $tolerance) IN (SELECT step FROM wanted WHERE money_kind = 'amount')
)
SELECT w.money_kind, w.money, i.near_money
FROM wanted w
JOIN issued i ON i.money_kind = w.money_kind AND money_step(i.near_money, $tolerance) = w.step
WHERE abs(w.money - i.near_money) <= $tolerance;

CREATE OR REPLACE TEMP TABLE work_second_near AS
SELECT
    l.ledger_id, l.cause, l.evidence, l.party_hash, l.name_hash,
    money_key(company_key(l.taxpayer_id, l.direction), l.money_kind, m.near_money) AS money_key
FROM work_second_line l
JOIN work_second_money m ON m.money_kind = l.money_kind AND m.money = l.money;

CREATE OR REPLACE TEMP VIEW work_second_sum AS SELECT DISTINCT money_kind, near_money AS money FROM work_second_money;

-- Of the invoices of that money only those of a wanted party are kept.
CREATE OR REPLACE TEMP TABLE work_second_invoice AS
SELECT record_id, number, issued_on, party_hash, name_hash, amount_cny, tax_cny, total_cny, money, money_key
FROM invoice_of_money('work_second_sum')
WHERE (lane_key(money_key, 'party_id', party_hash)
       IN (SELECT lane_key(money_key, 'party_id', party_hash) FROM work_second_near)
    OR lane_key(money_key, 'party_name', name_hash)
       IN (SELECT lane_key(money_key, 'party_name', name_hash) FROM work_second_near))
  AND record_id NOT IN (SELECT record_id FROM work_listed_twice);

SET VARIABLE n_second = (SELECT count(*) FROM work_second_invoice);

-- One error leaves one of a number's halves as it was: only what has one in common is looked at further.
CREATE OR REPLACE TEMP TABLE work_second_half AS
SELECT DISTINCT number_half(money_key, 'front', number) AS half FROM work_second_invoice WHERE length(number) = 20
UNION ALL
SELECT DISTINCT number_half(money_key, 'back', number) FROM work_second_invoice WHERE length(number) = 20;

CREATE OR REPLACE TEMP TABLE work_second_typed AS
SELECT ledger_id, money_key, evidence FROM work_second_near
WHERE cause = 'number_mistyped'
  AND (number_half(money_key, 'front', evidence) IN (SELECT half FROM work_second_half)
       OR number_half(money_key, 'back', evidence) IN (SELECT half FROM work_second_half));

-- What a line and its invoice have in common, as 64 bits: the number without one digit (neighbour.sql), the first twelve
-- digits, or the day. Of an invoice only what a line has too.
CREATE OR REPLACE TEMP TABLE work_second_trace AS
SELECT 'ledger' AS side, ledger_id AS record_id, money_key, shortened(evidence, n) AS trace
FROM (SELECT *, unnest(range(22)) AS n FROM work_second_typed)
WHERE trace IS NOT NULL
UNION ALL
SELECT 'ledger', ledger_id, money_key, hash(left(evidence, 12)) FROM work_second_near WHERE cause <> 'number_mistyped';

INSERT INTO work_second_trace
WITH alike AS (
    SELECT record_id, money_key, number FROM work_second_invoice
    WHERE length(number) = 20 AND getvariable('n_second') * 21 <= $max_neighbours
      AND (number_half(money_key, 'front', number) IN (SELECT number_half(money_key, 'front', evidence) FROM work_second_typed)
           OR number_half(money_key, 'back', number) IN (SELECT number_half(money_key, 'back', evidence) FROM work_second_typed))
),
rest AS (
    SELECT record_id, money_key, number, issued_on FROM work_second_invoice
    WHERE money_key IN (SELECT money_key FROM work_second_near WHERE cause <> 'number_mistyped')
),
offered AS (
    SELECT record_id, money_key, shortened(number, n) AS trace FROM (SELECT *, unnest(range(21)) AS n FROM alike)
    UNION ALL
    SELECT record_id, money_key, hash(left(number, 12)) FROM rest
    UNION ALL
    SELECT record_id, money_key, hash(CAST(issued_on AS VARCHAR)) FROM rest
)
SELECT 'upstream', * FROM offered SEMI JOIN work_second_trace USING (money_key, trace);

CREATE OR REPLACE TEMP TABLE work_second_crowd AS
SELECT money_key, trace FROM work_second_trace
GROUP BY ALL
HAVING count(*) FILTER (side = 'ledger') * count(*) FILTER (side = 'upstream') > $max_pairs;

DROP TABLE work_second_half;

DROP TABLE work_second_typed;
