-- rule: the 8-digit number agrees and one side has no code (or neither has): other evidence must name one invoice
-- writes: work_accepted, work_refused
-- inputs: work_claim, work_accepted, work_reference
-- parameters: none
-- Guard: money or party agrees, nothing that both sides have speaks against both, nor against money and day, and one candidate is
-- clearly best. A ledger that keeps no party may still be linked to the only invoice of that number. What stands before the number
-- and is nearly the code of the invoice is that code with an error.

INSERT INTO work_accepted
WITH offered AS (
    SELECT
        *, count(*) OVER (PARTITION BY ledger_id, alt, position) AS n_offered,
        rank() OVER (PARTITION BY ledger_id, alt, position ORDER BY n_agree DESC) AS place
    FROM work_claim c
    -- The end of 20 digits competes: what agrees in more is meant (last_8.sql takes it).
    WHERE rule IN ('without_code', 'exact_key', 'last_8') AND NOT is_whole_key
      AND NOT EXISTS (
          FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position
      )
)
SELECT ledger_id, alt, position, upstream_id, 'without_code', n_numbers
FROM offered
WHERE place = 1 AND rule <> 'last_8'
  AND NOT EXISTS (
      FROM work_reference r
      WHERE r.ledger_id = offered.ledger_id AND r.form = 'code_and_number' AND r.number = upstream_number
        AND damerau_levenshtein(r.code, upstream_code) BETWEEN 1 AND 2
  )
  AND (
      (money_agrees AND (party_agrees IS DISTINCT FROM FALSE OR date_agrees IS DISTINCT FROM FALSE))
      OR ((party_agrees OR (n_offered = 1 AND party_agrees IS NULL))
          AND (money_agrees OR date_agrees) IS DISTINCT FROM FALSE)
  )
QUALIFY count(*) OVER (PARTITION BY ledger_id, alt, position) = 1;

INSERT INTO work_refused
SELECT
    ledger_id, upstream_id,
    CASE
        WHEN (money_agrees OR date_agrees) = FALSE AND party_agrees IS DISTINCT FROM FALSE THEN 'amount_differs'
        WHEN n_agree > 0 AND party_agrees IS DISTINCT FROM FALSE THEN 'several_equal'
        WHEN party_agrees = FALSE THEN 'party_differs'
        ELSE 'amount_differs'
    END,
    'without_code'
FROM work_claim c
WHERE rule IN ('without_code', 'exact_key') AND NOT is_whole_key
  AND NOT EXISTS (FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position);
