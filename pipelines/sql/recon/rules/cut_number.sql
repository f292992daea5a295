-- rule: the field was too short for 20 digits: the ledger kept the first 16 to 18 (SAP keeps 16), or the last 9 to 18
-- writes: work_accepted, work_refused
-- inputs: work_claim, work_accepted
-- parameters: none
-- Guard: the only invoice of the population that begins or ends so, as last_8; of several the one that agrees in more, if it
-- agrees in money and one thing more and in nothing disagrees. What is issued in a row begins alike: where its money is
-- another, the line's own invoice may be one that did not come.

INSERT INTO work_accepted
WITH offered AS (
    SELECT
        *, count(DISTINCT upstream_id) OVER (PARTITION BY ledger_id, alt, position) AS n_offered,
        rank() OVER (PARTITION BY ledger_id, alt, position ORDER BY n_agree DESC) AS place
    FROM work_claim c
    WHERE rule = 'cut_number'
      AND NOT EXISTS (
          FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position
      )
)
SELECT ledger_id, alt, position, upstream_id, 'cut_number', n_numbers
FROM offered
WHERE place = 1
  AND (money_agrees IS DISTINCT FROM FALSE OR ends_with(upstream_number, named_number))
  AND CASE WHEN n_offered = 1
           THEN (money_agrees AND (party_agrees IS DISTINCT FROM FALSE OR date_agrees IS NOT DISTINCT FROM TRUE))
             OR party_agrees
           ELSE money_agrees AND n_agree > 1 AND party_agrees IS DISTINCT FROM FALSE
            AND date_agrees IS DISTINCT FROM FALSE END
QUALIFY count(*) OVER (PARTITION BY ledger_id, alt, position) = 1;

INSERT INTO work_refused
SELECT
    ledger_id, upstream_id,
    CASE
        WHEN party_agrees = FALSE THEN 'party_differs'
        WHEN money_agrees = FALSE THEN 'amount_differs'
        ELSE 'several_equal'
    END,
    'cut_number'
FROM work_claim c
WHERE rule = 'cut_number'
  AND NOT EXISTS (FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position);
