-- rule: a number of a list, not a whole key, names one invoice of whatever party, and the list makes up its invoices
-- writes: work_accepted
-- inputs: work_claim, work_accepted, work_reference, work_open_ledger, work_known
-- parameters: $tolerance
-- The other rules want the party to agree; a list may hold invoices of two parties, and then only its sum can speak for it.
-- Guards: every number of the list that is left names exactly one invoice, and with what was accepted the sum is right. Of a
-- number without a code in a text that has codes it may be an invoice of any code.

INSERT INTO work_accepted
WITH missing AS (
    SELECT ledger_id, alt, position, n_numbers, any_value(upstream_id) AS upstream_id
    FROM work_claim
    WHERE n_numbers > 1
      AND (rule <> 'code_differs' OR (ledger_id, alt, position) IN (
          SELECT (ledger_id, alt, position) FROM work_reference WHERE is_code_carried))
      -- What is booked under its own number is not taken away by a sum.
      AND upstream_id NOT IN (SELECT record_id FROM work_known WHERE is_cleared)
      AND upstream_id NOT IN (
          SELECT upstream_id FROM work_accepted a WHERE a.n_numbers = 1 OR a.rule = 'exact_key'
      )
    GROUP BY ledger_id, alt, position, n_numbers
    HAVING count(*) = 1
),
offered AS (
    SELECT m.* FROM missing m ANTI JOIN work_accepted a USING (ledger_id, alt, position)
),
whole AS (
    SELECT * EXCLUDE (rule) FROM work_accepted SEMI JOIN offered USING (ledger_id, alt)
    UNION ALL BY NAME
    SELECT * FROM offered
),
summed AS (
    SELECT
        w.ledger_id, w.alt, any_value(coalesce(l.line_total, l.line_amount)) AS money,
        sum(CASE WHEN l.line_total IS NOT NULL THEN u.total_cny ELSE u.amount_cny END) AS sum_money
    FROM whole w
    JOIN work_open_ledger l ON l.record_id = w.ledger_id
    JOIN work_known u ON u.record_id = w.upstream_id
    GROUP BY w.ledger_id, w.alt
    HAVING count(*) = any_value(w.n_numbers)
)
SELECT o.ledger_id, o.alt, o.position, o.upstream_id, 'list_sum', o.n_numbers
FROM offered o
JOIN summed s ON s.ledger_id = o.ledger_id AND s.alt = o.alt
WHERE abs(s.money - s.sum_money) <= $tolerance;
