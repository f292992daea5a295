-- rule: eight digits, party and money fit several invoices, and all of them but one are booked under their whole keys
-- writes: work_accepted
-- inputs: work_claim, work_accepted, work_refused, work_known
-- parameters: none
-- Guards: money and party are known to agree, and no date speaks against it; the others are booked by lines that name them by their
-- whole key and agree, so that these digits are not theirs; the one left is in force, nobody else names it, and one line wants it.

INSERT INTO work_accepted
WITH refused AS (SELECT DISTINCT ledger_id FROM work_refused WHERE why_not = 'several_equal'),
fitting AS (
    SELECT c.ledger_id, c.alt, c.position, c.upstream_id
    FROM work_claim c
    WHERE c.n_numbers = 1 AND rule IN ('without_code', 'exact_key', 'last_8') AND NOT is_whole_key
      AND money_agrees AND party_agrees AND date_agrees IS DISTINCT FROM FALSE
      AND ledger_id IN (SELECT ledger_id FROM refused)
      AND ledger_id NOT IN (SELECT ledger_id FROM work_accepted WHERE ledger_id IN (SELECT ledger_id FROM refused))
),
several AS (
    SELECT * FROM fitting
    WHERE ledger_id IN (SELECT ledger_id FROM fitting GROUP BY ledger_id HAVING count(DISTINCT upstream_id) > 1)
),
booked AS (
    SELECT record_id AS upstream_id FROM work_known
    WHERE is_cleared AND record_id IN (SELECT upstream_id FROM several)
    UNION
    SELECT upstream_id FROM work_claim
    WHERE upstream_id IN (SELECT upstream_id FROM several) AND is_whole_key AND n_numbers = 1 AND money_agrees AND party_agrees IS DISTINCT FROM FALSE
),
weighed AS (
    SELECT
        s.*, s.upstream_id IN (SELECT upstream_id FROM booked) AS is_booked,
        s.upstream_id NOT IN (
            SELECT upstream_id FROM work_accepted WHERE upstream_id IN (SELECT upstream_id FROM several))
        AND u.status IN ('normal', 'red_partial') AND NOT u.is_red AS is_free
    FROM several s
    JOIN work_known u ON u.record_id = s.upstream_id
)
SELECT ledger_id, alt, position, upstream_id, 'last_left', 1
FROM (SELECT * FROM weighed QUALIFY count(*) FILTER (NOT is_booked) OVER (PARTITION BY ledger_id) = 1)
WHERE NOT is_booked AND is_free
QUALIFY count(*) OVER (PARTITION BY upstream_id) = 1;
