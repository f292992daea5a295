-- What: what had changed, by the shown night, in months that were filed, since they were filed; the largest change of an open sum first.
-- Grain: one row per item of a filed month that is not any more what was filed.
-- Inputs: recon__adjustment, recon__item, recon__filed_period.
-- Parameters: none.
-- The first filing files every month before it as well: they have no row of their own.
CREATE OR REPLACE VIEW out__adjustment AS
SELECT
    a.period, a.kind, a.taxpayer_id, a.direction, a.filed_verdict, a.filed_cause, a.found_verdict, a.found_cause,
    a.upstream_change_cny, a.ledger_change_cny, a.first_night,
    coalesce(p.filed_night, (SELECT arg_min(filed_night, period) FROM recon__filed_period)) AS filed_night, a.item_id,
    i.explanation_zh, i.explanation_en
FROM recon__adjustment a
LEFT JOIN recon__filed_period p ON p.period = a.period
LEFT JOIN recon__item i ON i.item_id = a.item_id
ORDER BY a.period, abs(a.upstream_change_cny) + abs(a.ledger_change_cny) DESC, a.item_id;
COMMENT ON VIEW out__adjustment IS '已申报月份的调整 | What has changed in filed months since they were filed';
COMMENT ON COLUMN out__adjustment.kind IS
    '调整 | arrived: was not there; changed: is judged otherwise; gone: is part of another item';
