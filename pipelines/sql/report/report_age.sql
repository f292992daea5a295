-- report_age: how old the documents are that stand without the other side, past their window: the ageing list.
-- Grain: one row per verdict and age band of the document (issue date, else posting date).
-- Inputs: report_finding. Parameters: as_of, overdue_verdicts.
WITH aged AS (
    SELECT verdict, at_stake_cny, date_diff('day', COALESCE(issued_on, posted_on), $as_of::DATE) AS age_days
    FROM report_finding
    WHERE list_contains($overdue_verdicts, verdict)
)
SELECT
    verdict,
    CASE WHEN age_days <= 30 THEN '0-30' WHEN age_days <= 90 THEN '31-90' WHEN age_days <= 180 THEN '91-180'
        WHEN age_days > 180 THEN '181+' ELSE '?' END AS age_band,
    COUNT(*) AS item_count,
    SUM(at_stake_cny)::DECIMAL(18, 2) AS at_stake_cny,
    MAX(age_days) AS oldest_days
FROM aged
GROUP BY verdict, age_band
ORDER BY verdict DESC, MIN(age_days);
