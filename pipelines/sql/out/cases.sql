-- What: the state of the follow-up: since when each finding asks for a person, who has taken it on, and how it ended.
-- Grain: one row per finding (item, cause, stretch of nights).
-- Inputs: night__finding, recon__item, recon__decision, alert__case.
-- Parameters: none.
-- Whoever acknowledges an alert takes on the findings of that cause and taxpayer that stand while it does.
CREATE OR REPLACE VIEW cases AS
WITH decided AS (
    SELECT DISTINCT item_id FROM recon__decision
    WHERE is_honoured AND kind IN ('accept_difference', 'ignore_until', 'leave_alone')
),
finding AS (
    SELECT
        f.item_id, f.cause, i.taxpayer_id, i.direction, f.first_night, f.last_night, f.gone_night,
        'finding:' || f.cause || ':' || i.taxpayer_id AS alert_key,
        f.cause = i.cause AND (d.item_id IS NOT NULL OR i.why_not IS NOT DISTINCT FROM 'left_alone')
            AND f.first_night = max(f.first_night) OVER (PARTITION BY f.item_id, f.cause) AS is_set_aside
    FROM night__finding AS f
    LEFT JOIN recon__item AS i ON i.item_id = f.item_id
    LEFT JOIN decided AS d ON d.item_id = f.item_id
)
SELECT
    f.item_id, f.cause, f.taxpayer_id, f.direction,
    CASE WHEN f.gone_night IS NULL THEN 'open' WHEN f.is_set_aside THEN 'set_aside' ELSE 'resolved' END AS state,
    f.first_night, f.last_night, f.gone_night, f.alert_key,
    a.acknowledged_by, a.acknowledged_at, a.acknowledged_note
FROM finding AS f
LEFT JOIN alert__case AS a
    ON a.alert_key = f.alert_key AND a.acknowledged_by IS NOT NULL
    AND a.raised_night < coalesce(f.gone_night, '~') AND coalesce(a.resolved_night, '~') > f.first_night
QUALIFY row_number() OVER (PARTITION BY f.item_id, f.cause, f.first_night ORDER BY a.raised_night DESC NULLS LAST) = 1;
COMMENT ON VIEW cases IS '跟进情况，每个待处理事项一行 | The state of the follow-up, one row per finding';
COMMENT ON COLUMN cases.taxpayer_id IS '本企业税号 | tax id of our own entity; NULL where the item no longer exists';
COMMENT ON COLUMN cases.direction IS '进项 input / 销项 output | input or output; NULL where the item no longer exists';
COMMENT ON COLUMN cases.state IS
    '状态 | open: asks for a person; set_aside: a person decided so (out__decision); resolved: no longer found';
COMMENT ON COLUMN cases.first_night IS '首次出现 | night since which it has been open';
COMMENT ON COLUMN cases.gone_night IS '消失 | night that no longer showed it, or the first that a person had set it aside; NULL while open';
COMMENT ON COLUMN cases.alert_key IS
    '所属提醒 | key of its alert, as `fapiao alerts ack` takes it; NULL where the item no longer exists';
COMMENT ON COLUMN cases.acknowledged_by IS '确认人 | who has taken on its alert; NULL if nobody';
COMMENT ON COLUMN cases.acknowledged_at IS '确认时间 | when, Beijing time';
COMMENT ON COLUMN cases.acknowledged_note IS '确认说明 | in that person''s words';
