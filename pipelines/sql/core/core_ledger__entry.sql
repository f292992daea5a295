-- what: the latest state of every record that has a new one
-- grain: core_ledger__entry one row per record_id
-- inputs: core_ledger__sighting, core_change
-- parameters: $as_of: states that came later were not known then

DELETE FROM core_ledger__entry WHERE record_id IN (SELECT record_id FROM core_change WHERE side = 'ledger');

INSERT INTO core_ledger__entry BY NAME
SELECT * EXCLUDE (received_at) FROM core_ledger__sighting
WHERE received_at <= $as_of
  AND record_id IN (SELECT record_id FROM core_change WHERE side = 'ledger')
QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY observed_at DESC, received_at DESC) = 1;
