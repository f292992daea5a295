-- Stop: a side whose files delivered rows has no row at all in its core table.
-- Grain: one row per file that delivered rows in vain.
-- Inputs: {batch} = raw_file, core_upstream__invoice, core_ledger__entry.
-- Parameters: none.
WITH file AS (
    SELECT * FROM {batch}
),
core_side AS (
    SELECT 'upstream' AS side, COUNT(*) AS row_count FROM core_upstream__invoice
    UNION ALL
    SELECT 'ledger', COUNT(*) FROM core_ledger__entry
)
SELECT file.file_id || '|' || file.source_id AS row_key, file.file_name, file.rows_kept
FROM file
INNER JOIN core_side USING (side)
WHERE file.status = 'read' AND file.rows_kept > 0 AND core_side.row_count = 0
