-- What: the received files, whose bytes as received belong to the snapshot.
-- Grain: one row per content (sha256), with the first name it came under and the sources that delivered it.
-- Inputs: raw_file.
-- Parameters: none.
SELECT
    file_id,
    min(size_bytes) AS size_bytes,
    arg_min(landed_path, (received_at, source_id)) AS landed_path,
    arg_min(file_name, (received_at, source_id)) AS file_name,
    list_sort(list(DISTINCT source_id)) AS source_ids
FROM raw_file
GROUP BY file_id
ORDER BY file_id;
