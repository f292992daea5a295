-- What: how many decisions, withdrawals and acknowledgements of open alerts only the replaced database knows.
-- Grain: one row.
-- Inputs: decisions, alert__case, and the same of the attached database `replaced`.
-- Parameters: none.
SELECT
    (SELECT count(*) FROM replaced.decisions AS r ANTI JOIN decisions AS d ON d.decision_id = r.decision_id) AS decisions,
    (
        SELECT count(*) FROM replaced.decisions AS r
        JOIN decisions AS d ON d.decision_id = r.decision_id AND d.withdrawn_at IS NULL
        WHERE r.withdrawn_at IS NOT NULL
    ) AS withdrawals,
    (
        SELECT count(*) FROM replaced.alert__case AS r
        ANTI JOIN alert__case AS c ON c.alert_key = r.alert_key AND c.resolved_night IS NULL AND c.acknowledged_by IS NOT NULL
        WHERE r.acknowledged_by IS NOT NULL AND r.resolved_night IS NULL
    ) AS acknowledgements;
