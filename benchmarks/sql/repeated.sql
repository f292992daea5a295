-- what: the rows of a table of books several times over, as if of so many companies
-- grain: one row per row of the file and copy; copy 0 is unchanged
-- inputs: $file
-- parameters: $copies (how many), $file
SELECT
    rows.* REPLACE (
        CASE WHEN copy.number = 0 THEN rows.taxpayer_id ELSE rows.taxpayer_id || '-' || copy.number END AS taxpayer_id,
        CASE WHEN copy.number = 0 THEN rows.record_id ELSE rows.record_id || '-' || copy.number END AS record_id
    )
FROM read_parquet($file) AS rows
CROSS JOIN range($copies) AS copy(number)
