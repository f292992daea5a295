-- what: the latest state of every record
-- grain: core_ledger__entry one row per record_id
-- inputs: core_ledger__sighting
-- parameters: none

DELETE FROM core_ledger__entry;

INSERT INTO core_ledger__entry BY NAME
SELECT * FROM core_ledger__sighting
QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY observed_at DESC) = 1;
