-- what: takes back the rows of one file, before it is read again; earlier snapshots keep them
-- grain: one file of one source
-- inputs: raw_ledger__row, raw_upstream__row, raw_reject, raw_ignored, core_upstream__span
-- parameters: $file_id, $source_id
-- Its sightings stay until it has been read: a state that reads as before keeps the night on which it became known.

DELETE FROM raw_ledger__row WHERE file_id = $file_id AND source_id = $source_id;

DELETE FROM raw_upstream__row WHERE file_id = $file_id AND source_id = $source_id;

DELETE FROM raw_reject WHERE file_id = $file_id AND source_id = $source_id;

DELETE FROM raw_ignored WHERE file_id = $file_id AND source_id = $source_id;

DELETE FROM core_upstream__span WHERE file_id = $file_id AND source_id = $source_id;
