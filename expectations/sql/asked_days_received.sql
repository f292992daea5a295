-- Warn: a day that was asked for was not fully received, though it is old enough to be complete.
-- A day is old enough when the grace hours have passed since its end: before that it can still grow.
-- Grain: one row per taxpayer, direction and day.
-- Inputs: {batch} = core_upstream__coverage, audit_parameter.
-- Parameters: audit_parameter.as_of, audit_parameter.sync_grace_hours.
WITH coverage AS (
    SELECT * FROM {batch}
)
SELECT
    coverage.taxpayer_id || '|' || coverage.direction || '|' || coverage.issue_date AS row_key,
    coverage.source_id,
    coverage.fetched_at
FROM coverage
INNER JOIN audit_parameter
    ON coverage.issue_date + INTERVAL 1 DAY + TO_HOURS(audit_parameter.sync_grace_hours) <= audit_parameter.as_of
WHERE NOT coverage.is_complete
