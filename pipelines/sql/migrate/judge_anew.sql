-- what: forgets what was carried over, so that the night settles and judges every record anew
-- grain: core_change one row per record
-- inputs: core_upstream__sighting, core_ledger__sighting
-- parameters: none

DELETE FROM recon__state;

DELETE FROM core_change;

INSERT INTO core_change
SELECT DISTINCT 'upstream', record_id FROM core_upstream__sighting
UNION ALL
SELECT DISTINCT 'ledger', record_id FROM core_ledger__sighting;
