-- rule: padded to 8 digits, the number is that of an invoice
-- writes: work_accepted
-- inputs: work_claim, work_accepted
-- parameters: none
-- Guard: as without_code, but money or party must agree: a short number alone is no evidence. What may as well be a year or the
-- line's own sum needs the money. Under its code it is a whole key, and one of the two may differ.

INSERT INTO work_accepted
WITH offered AS (
    SELECT *, rank() OVER (PARTITION BY ledger_id, alt, position ORDER BY n_agree DESC) AS place
    FROM work_claim c
    WHERE rule = 'lost_zeros'
      AND NOT EXISTS (
          FROM work_accepted a WHERE a.ledger_id = c.ledger_id AND a.alt = c.alt AND a.position = c.position
      )
)
SELECT ledger_id, alt, position, upstream_id, 'lost_zeros', n_numbers
FROM offered
WHERE place = 1 AND (has_code OR party_agrees IS DISTINCT FROM FALSE)
  AND (money_agrees OR (party_agrees AND NOT is_placeholder AND (money_agrees OR date_agrees) IS DISTINCT FROM FALSE))
QUALIFY count(*) OVER (PARTITION BY ledger_id, alt, position) = 1;
