-- what: the coverage that is assumed when none is given: every day from the first to the last issue date upstream
-- grain: work_coverage one row per taxpayer, direction and day
-- inputs: core_upstream__invoice
-- parameters: none
-- An assumption that the command names in its output; days outside the span stay uncovered. Nothing was fetched, so no
-- link rests on it (looked.sql).

CREATE OR REPLACE TEMP TABLE work_coverage AS
WITH span AS (
    SELECT taxpayer_id, direction, min(issued_at) AS first_at, max(issued_at) AS last_at
    FROM core_upstream__invoice
    GROUP BY taxpayer_id, direction
)
SELECT
    taxpayer_id, direction,
    CAST(unnest(generate_series(CAST(first_at AS DATE), CAST(last_at AS DATE), INTERVAL 1 DAY)) AS DATE) AS issue_date,
    TRUE AS is_complete, NULL::TIMESTAMP AS fetched_at
FROM span;
