-- What: each coming and going of a finding. What changed since a day: WHERE changed_on >= that day.
-- Grain: one row per finding (item, cause, stretch of nights) and change.
-- Inputs: night__finding, recon__item, out__open_item.
-- Parameters: none.
CREATE OR REPLACE VIEW out__change AS
WITH change AS (
    SELECT item_id, cause, first_night AS night_id, 'appeared' AS change FROM night__finding
    UNION ALL
    SELECT item_id, cause, gone_night, 'gone' FROM night__finding WHERE gone_night IS NOT NULL
)
SELECT
    strptime(left(c.night_id, 8), '%Y%m%d')::DATE AS changed_on, c.night_id, c.change, c.item_id, c.cause,
    i.taxpayer_id, i.direction, i.verdict AS verdict_now, i.cause AS cause_now,
    o.party_name, o.invoice_numbers, o.invoice_references, o.at_stake_cny, o.explanation_zh, o.explanation_en
FROM change AS c
LEFT JOIN recon__item AS i ON i.item_id = c.item_id
LEFT JOIN out__open_item AS o ON o.item_id = c.item_id AND o.cause = c.cause;
COMMENT ON VIEW out__change IS '事项的出现与消失 | Findings that appeared or went, by day: filter by changed_on';
COMMENT ON COLUMN out__change.changed_on IS '变化日期 | day of the night that showed the change';
COMMENT ON COLUMN out__change.night_id IS '夜次 | night that showed the change';
COMMENT ON COLUMN out__change.change IS '出现 appeared / 消失 gone | which way it changed';
COMMENT ON COLUMN out__change.verdict_now IS '现在的结论 | verdict of the shown night; NULL if the item no longer exists';
COMMENT ON COLUMN out__change.cause_now IS '现在的原因 | cause of the shown night; NULL if the item no longer exists';
