-- what: for which issue dates the tax system was asked and everything arrived; up to when the ledger was received
-- grain: work_day one row per taxpayer, direction and calendar day of the asked span, with the running count of
--        complete days; work_span the span and whether it was reported by a fetch or only assumed; work_ledger_seen one row
--        per taxpayer and direction
-- inputs: work_coverage (taxpayer_id, direction, issue_date, is_complete, fetched_at), work_ledger_mark (taxpayer_id, direction, seen_at)
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_span AS
SELECT
    taxpayer_id, direction, min(issue_date) AS first_day, max(issue_date) AS last_day,
    bool_or(fetched_at IS NOT NULL) AS is_reported
FROM work_coverage
GROUP BY taxpayer_id, direction;

CREATE OR REPLACE TEMP TABLE work_day AS
WITH calendar AS (
    SELECT taxpayer_id, direction, CAST(unnest(generate_series(first_day, last_day, INTERVAL 1 DAY)) AS DATE) AS day
    FROM work_span
),
complete AS (
    SELECT taxpayer_id, direction, issue_date AS day, bool_or(is_complete) AS is_complete
    FROM work_coverage
    GROUP BY ALL
)
SELECT
    taxpayer_id, direction, day, coalesce(is_complete, FALSE) AS is_complete,
    sum(coalesce(is_complete, FALSE)::INT) OVER (PARTITION BY taxpayer_id, direction ORDER BY day) AS n_complete
FROM calendar
LEFT JOIN complete USING (taxpayer_id, direction, day);
