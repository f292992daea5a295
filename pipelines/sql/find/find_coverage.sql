-- What: of which days the tax system's answer is complete, so that "not found" can be told from "not asked".
-- Grain: one row per taxpayer and direction.
-- Inputs: core_upstream__coverage.
-- Parameters: none.
WITH complete AS (
    SELECT taxpayer_id, direction, issue_date FROM core_upstream__coverage WHERE is_complete
),
span AS (
    SELECT taxpayer_id, direction, min(issue_date) AS covered_from, max(issue_date) AS covered_to
    FROM complete
    GROUP BY taxpayer_id, direction
),
wanted AS (
    SELECT
        taxpayer_id, direction,
        unnest(generate_series(covered_from::TIMESTAMP, covered_to::TIMESTAMP, INTERVAL 1 DAY))::DATE AS issue_date
    FROM span
),
gap AS (
    SELECT w.taxpayer_id, w.direction, list(w.issue_date ORDER BY w.issue_date) AS gap_days
    FROM wanted AS w
    ANTI JOIN complete AS c
        ON c.taxpayer_id = w.taxpayer_id AND c.direction = w.direction AND c.issue_date = w.issue_date
    GROUP BY w.taxpayer_id, w.direction
)
SELECT s.taxpayer_id, s.direction, s.covered_from, s.covered_to, COALESCE(g.gap_days, []) AS gap_days
FROM span AS s
LEFT JOIN gap AS g ON g.taxpayer_id = s.taxpayer_id AND g.direction = s.direction
ORDER BY s.taxpayer_id, s.direction;
