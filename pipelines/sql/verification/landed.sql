-- what: the bundle of tonight's answers among the received files, so that it is kept, checked and restored like them
-- grain: raw_file and raw_delivery one row each
-- inputs: none
-- parameters: $file_id, $source_id, $file_name, $size_bytes, $landed_path, $observed_at, $received_at, $rows

DELETE FROM raw_file WHERE file_id = $file_id AND source_id = $source_id;

DELETE FROM raw_delivery WHERE file_id = $file_id AND source_id = $source_id;

INSERT INTO raw_file BY NAME
SELECT
    $file_id AS file_id, $source_id AS source_id, 'verification' AS side, $file_name AS file_name,
    $size_bytes AS size_bytes, $landed_path AS landed_path, $observed_at AS observed_at, $received_at AS received_at,
    'read' AS status, TRUE AS is_complete, $rows AS rows_read, $rows AS rows_kept, 0 AS rows_rejected, 0 AS rows_ignored;

INSERT INTO raw_delivery BY NAME
SELECT
    $file_id AS file_id, $source_id AS source_id, $file_name AS file_name, $observed_at AS observed_at,
    $received_at AS received_at;
