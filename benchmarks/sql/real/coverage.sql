-- what: every day from a company's first to its last real invoice counts as fully received
-- grain: one row per taxpayer, direction and day, shape of core_upstream__coverage
-- inputs: real_invoice
-- parameters: $as_of
WITH span AS (
    SELECT taxpayer_id, direction, min(issued_on) AS first_day, max(issued_on) AS last_day
    FROM real_invoice
    GROUP BY taxpayer_id, direction
)

SELECT
    taxpayer_id,
    direction,
    CAST(unnest(generate_series(CAST(first_day AS TIMESTAMP), CAST(last_day AS TIMESTAMP), INTERVAL 1 DAY)) AS DATE)
        AS issue_date,
    TRUE AS is_complete,
    CAST($as_of AS TIMESTAMP) AS fetched_at
FROM span
