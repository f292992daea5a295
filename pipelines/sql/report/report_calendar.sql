-- report_calendar: what the tax system was asked for and gave, as one letter per day.
-- Grain: one row per taxpayer, direction and month, from the first day on record (at most a year back).
-- Inputs: core_upstream__coverage. Parameters: as_of, sync_grace_hours.
-- Letters: r received in full, i asked and incomplete, n never asked, y too young to judge, '.' not in the calendar.
-- What counts as young is the same as in report_gap.
WITH span AS (
    SELECT taxpayer_id, direction, MIN(issue_date) AS first_day
    FROM core_upstream__coverage
    GROUP BY taxpayer_id, direction
),
month AS (
    SELECT
        taxpayer_id, direction, first_day,
        UNNEST(
            generate_series(
                GREATEST(date_trunc('month', first_day), date_trunc('month', $as_of::DATE - INTERVAL 12 MONTH)),
                date_trunc('month', $as_of::TIMESTAMP),
                INTERVAL 1 MONTH
            )
        )::DATE AS month
    FROM span
),
day AS (
    SELECT
        taxpayer_id, direction, month, first_day,
        UNNEST(generate_series(month, last_day(month), INTERVAL 1 DAY))::DATE AS issue_date
    FROM month
)
SELECT
    taxpayer_id,
    direction,
    month,
    string_agg(
        CASE
            WHEN issue_date < first_day OR issue_date > $as_of::DATE THEN '.'
            WHEN is_complete THEN 'r'
            WHEN issue_date > ($as_of::TIMESTAMP - to_hours($sync_grace_hours))::DATE - 2 THEN 'y'
            WHEN is_complete IS NULL THEN 'n'
            ELSE 'i'
        END,
        '' ORDER BY issue_date
    ) AS states
FROM day
LEFT JOIN core_upstream__coverage USING (taxpayer_id, direction, issue_date)
GROUP BY taxpayer_id, direction, month
ORDER BY taxpayer_id, direction, month DESC;
