-- Stop: everything that a tax-side source delivered tonight was empty. An empty pull is a failure of the pull, not a
-- quiet day. A ledger's new month may well be empty: its file only counts as not received. So does a file all of whose
-- rows were rejected, which is told by its own alert.
-- Grain: one row per file of such a source.
-- Inputs: {batch} = raw_file, audit_parameter.
-- Parameters: audit_parameter.as_of.
WITH file AS (
    SELECT * FROM {batch}
),
tonight AS (
    SELECT file.*
    FROM file
    INNER JOIN audit_parameter ON file.received_at = audit_parameter.as_of
    WHERE file.status = 'read' AND file.side = 'upstream'
)
SELECT file_id || '|' || source_id AS row_key, file_name, rows_read, rows_rejected
FROM tonight
QUALIFY SUM(rows_kept + rows_rejected) OVER (PARTITION BY source_id) = 0
