-- rule: the ledger kept the last 8 of 20 digits (Yonyou U9C AP does)
-- writes: work_accepted, work_refused
-- inputs: work_claim, work_accepted
-- parameters: none
-- Guard: money or party agrees and what both sides have does not conflict in both; one candidate is clearly best. The end of
-- 20 digits hardly ever recurs with one party, so money and day may both be wrong there.

INSERT INTO work_accepted
WITH offered AS (
    SELECT *, rank() OVER (PARTITION BY ledger_id, alt, position ORDER BY n_agree DESC) AS place
    FROM work_claim c
    WHERE rule = 'last_8'
      AND NOT EXISTS (
          FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position
      )
)
SELECT ledger_id, alt, position, upstream_id, 'last_8', n_numbers
FROM offered
WHERE place = 1
  AND ((money_agrees AND (party_agrees IS DISTINCT FROM FALSE OR date_agrees IS DISTINCT FROM FALSE)) OR party_agrees)
QUALIFY count(*) OVER (PARTITION BY ledger_id, alt, position) = 1;

INSERT INTO work_refused
SELECT
    ledger_id, upstream_id,
    CASE
        WHEN n_agree > 0 AND party_agrees IS DISTINCT FROM FALSE THEN 'several_equal'
        WHEN party_agrees = FALSE THEN 'party_differs'
        ELSE 'amount_differs'
    END,
    'last_8'
FROM work_claim c
WHERE rule = 'last_8'
  AND NOT EXISTS (FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position);
