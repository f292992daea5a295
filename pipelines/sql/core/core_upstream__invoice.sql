-- what: the latest state of every record
-- grain: core_upstream__invoice one row per record_id
-- inputs: core_upstream__sighting
-- parameters: none

DELETE FROM core_upstream__invoice;

INSERT INTO core_upstream__invoice BY NAME
SELECT * FROM core_upstream__sighting
QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY observed_at DESC) = 1;
