-- What: files of which something was not used: stopped, incomplete, or with rejected rows. A cut export whose days
--       other files brought whole is no problem any more; a ledger's export of days without postings never was one.
-- Grain: one row per content and source.
-- Inputs: raw_file, core_upstream__coverage.
-- Parameters: none.
CREATE OR REPLACE VIEW out__unreadable_file AS
SELECT
    source_id, file_name, received_at, observed_at,
    CASE
        WHEN status = 'stopped' THEN 'stopped'
        WHEN is_complete IS FALSE THEN 'incomplete'
        ELSE 'rows_rejected'
    END AS problem,
    rows_read, rows_kept, rows_rejected, message_zh, message_en, file_id
FROM raw_file f
WHERE status = 'stopped' OR rows_rejected > 0
   OR (is_complete IS FALSE AND message_zh IS NOT NULL AND NOT coalesce((
       SELECT bool_and(c.is_complete) FROM core_upstream__coverage c
       WHERE f.side = 'upstream' AND c.issue_date BETWEEN f.period_from AND f.period_to
   ), FALSE));
COMMENT ON VIEW out__unreadable_file IS '未能完整采用的文件 | Files that were stopped, incomplete, or had rows rejected';
COMMENT ON COLUMN out__unreadable_file.problem IS
    '问题 | stopped: nothing was used; incomplete: rows are missing; rows_rejected: see raw_reject';
