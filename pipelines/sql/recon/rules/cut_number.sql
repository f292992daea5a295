-- rule: the field was too short for 20 digits: the ledger kept the first 16 to 18 (SAP keeps 16), or the last 9 to 18
-- writes: work_accepted, work_refused
-- inputs: work_claim, work_accepted, work_open_ledger, work_known, work_decided_link, the macro looked_at (coverage.sql)
-- parameters: $as_of, $grace_hours, $lookback_days
-- Guard: the only invoice of the population that ends so, or that begins so and has the line's money and party (claim.sql), as
-- last_8; of several the one that agrees in more, if it agrees in money and one thing more and in nothing disagrees. What is
-- issued in a row begins alike, and the line's own invoice may be one that did not come: a day that it has must be the invoice's
-- and have been received, and unless party and day agree too its grace window must be over. For the same reason it is no second booking of
-- an invoice that another line has, unless absence may be concluded of it. Lines of one beginning and party whose sum is that of
-- the invoice are its parts.

CREATE OR REPLACE TEMP TABLE work_cut_line AS
SELECT record_id, taxpayer_id, direction, posted_on, invoice_date FROM work_open_ledger
WHERE record_id IN (SELECT ledger_id FROM work_claim WHERE rule = 'cut_number');

CREATE OR REPLACE TEMP TABLE work_cut AS
SELECT
    ledger_id, c.alt, c.position, c.upstream_id, c.n_numbers, c.money_agrees, c.party_agrees, c.date_agrees, c.n_agree,
    count(*) OVER (PARTITION BY ledger_id, alt, position) AS n_offered,
    rank() OVER (PARTITION BY ledger_id, alt, position ORDER BY n_agree DESC) AS place,
    ends_with(upstream_number, named_number) AS is_end, k.due_at > $as_of::TIMESTAMP AND n_agree < 3 AS is_early,
    date_agrees IS NOT NULL AND NOT k.is_covered AS is_of_gap, k.is_settled, k.posted_on, is_of_parts
FROM work_claim c
JOIN (
    SELECT k.*, l.posted_on
    FROM looked_at('work_cut_line', $as_of::TIMESTAMP, $grace_hours, $lookback_days) k
    JOIN work_cut_line l ON l.record_id = k.ledger_id
) k USING (ledger_id)
WHERE c.rule = 'cut_number'
  AND NOT EXISTS (FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position)
  -- No part is what one of the lines is the whole of.
  AND NOT (is_of_parts AND c.upstream_id IN (
      SELECT upstream_id FROM work_claim
      WHERE is_of_parts AND ledger_id IN (SELECT ledger_id FROM work_claim WHERE rule = 'cut_number' AND NOT is_of_parts)));

CREATE OR REPLACE TEMP TABLE work_cut_found AS
SELECT
    * REPLACE (CASE WHEN is_of_parts THEN bool_and(is_settled) OVER (PARTITION BY upstream_id, is_of_parts) ELSE is_settled END
               AS is_settled),
    is_of_parts OR row_number() OVER (PARTITION BY upstream_id ORDER BY posted_on, ledger_id) = 1 AS is_first
FROM (FROM work_cut WHERE place = 1 QUALIFY count(*) OVER (PARTITION BY ledger_id, alt, position) = 1)
WHERE (is_end OR NOT (is_early OR is_of_gap))
  AND CASE WHEN n_offered = 1
           THEN (is_end OR date_agrees IS DISTINCT FROM FALSE)
            AND ((money_agrees AND (party_agrees IS DISTINCT FROM FALSE OR date_agrees IS NOT DISTINCT FROM TRUE))
                 OR (party_agrees AND (is_end OR (money_agrees OR date_agrees) IS DISTINCT FROM FALSE)))
           ELSE money_agrees AND n_agree > 1 AND party_agrees IS DISTINCT FROM FALSE
            AND date_agrees IS DISTINCT FROM FALSE END;

-- Parts go together or not at all: what is left of them would be another sum.
DELETE FROM work_cut_found WHERE is_of_parts AND upstream_id IN (
    SELECT upstream_id FROM work_claim
    WHERE is_of_parts AND (ledger_id, upstream_id) NOT IN (SELECT (ledger_id, upstream_id) FROM work_cut_found WHERE is_of_parts));

INSERT INTO work_accepted
SELECT ledger_id, alt, position, upstream_id, 'cut_number', n_numbers FROM work_cut_found
WHERE is_end OR is_settled
   OR (is_first AND upstream_id NOT IN (SELECT upstream_id FROM work_accepted)
       AND upstream_id NOT IN (SELECT upstream_id FROM work_decided_link)
       AND upstream_id NOT IN (SELECT record_id FROM work_known WHERE is_cleared));

INSERT INTO work_refused
SELECT
    ledger_id, upstream_id,
    CASE
        WHEN party_agrees = FALSE THEN 'party_differs'
        WHEN money_agrees = FALSE THEN 'amount_differs'
        WHEN date_agrees = FALSE AND NOT is_end THEN 'date_differs'
        WHEN (ledger_id, upstream_id) IN (SELECT (ledger_id, upstream_id) FROM work_cut_found) THEN 'number_taken'
        WHEN count(*) OVER (PARTITION BY ledger_id, alt, position) > 1 THEN 'several_equal'
        WHEN is_of_parts AND NOT (is_early OR is_of_gap) THEN 'amount_differs'
        ELSE 'not_yet_due'
    END,
    'cut_number'
FROM work_cut c
WHERE place = 1
  AND NOT EXISTS (FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position);

DROP TABLE work_cut_line;

DROP TABLE work_cut;

DROP TABLE work_cut_found;
