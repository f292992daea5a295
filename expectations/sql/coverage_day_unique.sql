-- Stop: a day stands in the coverage more than once, so it could be both received and not received.
-- Grain: one row per taxpayer, direction and day.
-- Inputs: {batch} = core_upstream__coverage.
-- Parameters: none.
WITH coverage AS (
    SELECT * FROM {batch}
)
SELECT taxpayer_id || '|' || direction || '|' || issue_date AS row_key, COUNT(*) AS row_count
FROM coverage
GROUP BY taxpayer_id, direction, issue_date
HAVING COUNT(*) > 1
