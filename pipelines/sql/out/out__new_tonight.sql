-- What: the open findings that this night was the first to show.
-- Grain: one row per item.
-- Inputs: out__open_item, out__night.
-- Parameters: none.
CREATE OR REPLACE VIEW out__new_tonight AS
SELECT o.*
FROM out__open_item AS o
JOIN out__night AS n ON n.night_id = o.first_night;
COMMENT ON VIEW out__new_tonight IS '今夜新增事项 | Findings that are new since the night before';
