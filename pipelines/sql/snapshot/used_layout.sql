-- What: the layouts that have read a file, whose text belongs to the snapshot.
-- Grain: one row per layout.
-- Inputs: raw_file.
-- Parameters: none.
SELECT DISTINCT layout
FROM raw_file
WHERE layout IS NOT NULL
ORDER BY layout;
