-- report_pending: what only waits, by the day on which it turns into a finding.
-- Grain: one row per cause and due date. Inputs: recon__item.
-- Parameters: pending_verdict, row_limit.
SELECT
    cause,
    due_on,
    COUNT(*) AS item_count,
    COALESCE(SUM(ABS(COALESCE(upstream_total_cny, ledger_total_cny))), 0)::DECIMAL(18, 2) AS total_cny
FROM recon__item
WHERE verdict = $pending_verdict
GROUP BY cause, due_on
ORDER BY due_on NULLS LAST, cause
LIMIT $row_limit;
