-- what: which issue dates were asked of the tax system and fully received
-- grain: core_upstream__coverage one row per taxpayer, direction and day
-- inputs: raw_file, raw_delivery, raw_reject, raw_upstream__row, source_scope (source_id, taxpayer_id, direction)
-- parameters: $grace_hours
-- A day is complete only if a whole export that was asked for it was made at least the grace window after the day began:
-- before that the day can still grow, and absence from it says nothing. A day with a rejected row was not fully received; if
-- the day of such a row is unknown, no day of its file was.

DELETE FROM core_upstream__coverage;

INSERT INTO core_upstream__coverage
WITH spoiled AS (
    SELECT r.file_id, r.source_id, CAST(time_value(clean_text(w.issued_at)) AS DATE) AS day
    FROM raw_reject r
    JOIN raw_upstream__row w USING (file_id, source_id, sheet, row_number)
    WHERE r.reason <> 'not_ours'
),
asked AS (
    SELECT
        s.taxpayer_id, s.direction, f.file_id, f.source_id, f.file_name, f.is_complete AND f.status = 'read' AS is_whole,
        CAST(unnest(generate_series(f.period_from, f.period_to, INTERVAL 1 DAY)) AS DATE) AS issue_date
    FROM raw_file f
    JOIN source_scope s ON s.source_id = f.source_id
    WHERE f.side = 'upstream' AND f.period_from IS NOT NULL
),
made AS (SELECT file_id, source_id, max(observed_at) AS made_at FROM raw_delivery GROUP BY ALL),
looked AS (
    SELECT
        a.*, m.made_at,
        a.is_whole
        AND (a.file_id, a.source_id, a.issue_date) NOT IN (
            SELECT (file_id, source_id, day) FROM spoiled WHERE day IS NOT NULL)
        AND (a.file_id, a.source_id) NOT IN (SELECT (file_id, source_id) FROM spoiled WHERE day IS NULL)
        AND m.made_at >= a.issue_date + to_hours($grace_hours) AS is_settled
    FROM asked a JOIN made m ON m.file_id = a.file_id AND m.source_id = a.source_id
)
SELECT
    taxpayer_id, direction, issue_date, bool_or(is_settled) AS is_complete,
    max(made_at) FILTER (is_whole) AS fetched_at,
    arg_max(source_id, made_at) AS source_id, arg_max(file_name, made_at) AS source_file, NULL AS source_row
FROM looked
GROUP BY taxpayer_id, direction, issue_date;
