-- What: the words on the count of first sightings.
-- Grain: none.
-- Inputs: out_first_seen.
-- Parameters: none.
COMMENT ON TABLE out_first_seen IS '发票开具多久后首次见到 | How long after issue the invoices of a day were first seen';
COMMENT ON COLUMN out_first_seen.source_id IS '来源编号 | source that showed them first';
COMMENT ON COLUMN out_first_seen.issue_date IS '开票日期 | day of issue';
COMMENT ON COLUMN out_first_seen.invoices IS '发票数 | invoices of that day first seen in that source';
COMMENT ON COLUMN out_first_seen.median_delay_hours IS '延迟中位数（小时） | median hours from issue to first sight';
COMMENT ON COLUMN out_first_seen.max_delay_hours IS '最长延迟（小时） | hours from issue to first sight, the longest';
