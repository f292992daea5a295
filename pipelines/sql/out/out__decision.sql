-- What: what people decided, and whether the shown night honours it; changed ones first.
-- Grain: one row per decision.
-- Inputs: decisions, recon__decision, recon__item, out__night.
-- Parameters: none.
-- What was withdrawn after the shown night was in force then.
CREATE OR REPLACE VIEW out__decision AS
SELECT
    d.decision_id, d.kind, d.decided_by, d.decided_at, d.reason, d.until_on,
    CASE WHEN d.withdrawn_at <= n.as_of OR (d.withdrawn_at IS NOT NULL AND s.state IS NULL) THEN 'withdrawn'
         ELSE coalesce(s.state, 'not_in_force') END AS state,
    coalesce(s.is_honoured, FALSE) AS is_honoured,
    s.item_id, i.verdict, i.cause, s.explanation_zh, s.explanation_en,
    d.upstream_ids, d.ledger_ids, d.withdrawn_at, d.withdrawn_by, d.withdrawn_reason
FROM decisions d
CROSS JOIN out__night n
LEFT JOIN recon__decision s ON s.decision_id = d.decision_id
LEFT JOIN recon__item i ON i.item_id = s.item_id
ORDER BY coalesce(s.state = 'honoured', TRUE), d.decided_at DESC;
COMMENT ON VIEW out__decision IS '人工决定及其执行情况 | What people decided, and whether the shown night honours it';
COMMENT ON COLUMN out__decision.state IS
    '情况 | honoured, changed, gone, overruled, withdrawn, or not_in_force (its day has passed, or made after the night)';
COMMENT ON COLUMN out__decision.kind IS '决定 | link, leave_alone, try_again, accept_difference, ignore_until';
