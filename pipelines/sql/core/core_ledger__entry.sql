-- what: the latest state of every record that has a new one
-- grain: core_ledger__entry and seen_once one row per record_id
-- inputs: core_ledger__sighting, core_change
-- parameters: $as_of: states that came later were not known then

DELETE FROM core_ledger__entry WHERE record_id IN (SELECT record_id FROM core_change WHERE side = 'ledger');

-- Most have one state only: these are copied, not sorted.
CREATE OR REPLACE TEMP TABLE seen_once AS
SELECT record_id FROM core_ledger__sighting
WHERE received_at <= $as_of AND record_id IN (SELECT record_id FROM core_change WHERE side = 'ledger')
GROUP BY record_id
HAVING count(*) = 1;

INSERT INTO core_ledger__entry BY NAME
SELECT * EXCLUDE (received_at) FROM core_ledger__sighting
WHERE received_at <= $as_of AND record_id IN (SELECT record_id FROM seen_once);

INSERT INTO core_ledger__entry BY NAME
SELECT * EXCLUDE (received_at) FROM core_ledger__sighting
WHERE received_at <= $as_of
  AND record_id IN (SELECT record_id FROM core_change WHERE side = 'ledger')
  AND record_id NOT IN (SELECT record_id FROM seen_once)
QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY observed_at DESC, received_at DESC) = 1;

DROP TABLE seen_once;
