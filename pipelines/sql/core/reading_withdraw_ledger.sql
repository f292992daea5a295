-- what: takes back what a file said before it was read again, where it no longer says it
-- grain: core_ledger__sighting one row per record and moment
-- inputs: core_ledger__sighting, typed_ledger
-- parameters: $source_id, $file_name, $observed_at
-- A line that reads otherwise (another direction, say) would stand beside what it was, and look booked twice.

CREATE OR REPLACE TEMP TABLE withdrawn AS
SELECT record_id, observed_at FROM core_ledger__sighting
WHERE source_id = $source_id AND source_file = $file_name AND observed_at = $observed_at
  AND record_id NOT IN (SELECT record_id FROM typed_ledger);

DELETE FROM core_ledger__sighting WHERE (record_id, observed_at) IN (SELECT (record_id, observed_at) FROM withdrawn);

INSERT INTO core_change SELECT 'ledger', record_id FROM withdrawn;
