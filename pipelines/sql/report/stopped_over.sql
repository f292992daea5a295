-- stopped_over: stopped files of the tax side that nobody has to export again: every day that their names ask for was received
-- in full, by files of the same source that were made later.
-- Grain: one row per file and source. Inputs: raw_file, raw_delivery, core_upstream__coverage. Parameters: none.
CREATE OR REPLACE TEMP VIEW stopped_over AS
WITH asked AS (
    SELECT
        f.file_id, f.source_id, f.observed_at,
        CAST(unnest(generate_series(d.period_from, d.period_to, INTERVAL 1 DAY)) AS DATE) AS issue_date
    FROM raw_file f
    JOIN raw_delivery d USING (file_id, source_id)
    WHERE f.side = 'upstream' AND f.status = 'stopped'
)
SELECT file_id, source_id
FROM asked
LEFT JOIN core_upstream__coverage c USING (source_id, issue_date)
GROUP BY file_id, source_id
HAVING bool_and(coalesce(c.is_complete AND c.fetched_at > asked.observed_at, FALSE));
