-- report_matrix: items and money by verdict and cause, with what came and what went.
-- Grain: one row per verdict and cause that has an item or lost one tonight.
-- Inputs: recon__item, report_finding, night__finding.
-- Parameters: night_id, causes and verdicts (the closed list: two arrays of equal length, in order).
WITH item AS (
    SELECT
        cause,
        COUNT(*) AS item_count,
        SUM(upstream_total_cny)::DECIMAL(18, 2) AS upstream_total_cny,
        SUM(ledger_total_cny)::DECIMAL(18, 2) AS ledger_total_cny
    FROM recon__item
    GROUP BY cause
),
finding AS (
    SELECT
        cause,
        COUNT(*) AS finding_count,
        SUM(at_stake_cny)::DECIMAL(18, 2) AS at_stake_cny,
        COUNT(*) FILTER (is_new) AS new_count,
        COALESCE(SUM(at_stake_cny) FILTER (is_new), 0)::DECIMAL(18, 2) AS new_at_stake_cny
    FROM report_finding
    GROUP BY cause
),
gone AS (
    SELECT cause, COUNT(*) AS gone_count FROM night__finding WHERE gone_night = $night_id GROUP BY cause
)
SELECT
    list_extract($verdicts, list_position($causes, cause)) AS verdict,
    cause,
    COALESCE(item_count, 0) AS item_count,
    COALESCE(finding_count, 0) AS finding_count,
    upstream_total_cny,
    ledger_total_cny,
    COALESCE(at_stake_cny, 0)::DECIMAL(18, 2) AS at_stake_cny,
    COALESCE(new_count, 0) AS new_count,
    COALESCE(new_at_stake_cny, 0)::DECIMAL(18, 2) AS new_at_stake_cny,
    COALESCE(gone_count, 0) AS gone_count
FROM item
FULL JOIN finding USING (cause)
FULL JOIN gone USING (cause)
ORDER BY list_position($causes, cause);
