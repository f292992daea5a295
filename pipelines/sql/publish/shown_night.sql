-- What: which night a published database shows, and its mark as published.
-- Grain: one row.
-- Inputs: night__run.
-- Parameters: $night_id, $published_at.
CREATE OR REPLACE TABLE out_shown_night (night_id VARCHAR NOT NULL, published_at TIMESTAMP NOT NULL);
INSERT INTO out_shown_night VALUES ($night_id, $published_at);
UPDATE night__run SET is_published = TRUE WHERE night_id = $night_id;
COMMENT ON TABLE out_shown_night IS '本库所示的一夜 | Which night this database shows; see out__night';
COMMENT ON COLUMN out_shown_night.night_id IS '夜次 | night__run.night_id';
COMMENT ON COLUMN out_shown_night.published_at IS '发布时间 | when readers got it, wall clock, Beijing time';
COMMENT ON TABLE out_first_seen IS '首次看到发票的时差 | Delay from issue to first sight by source and day; see out__sync_delay';
COMMENT ON COLUMN out_first_seen.source_id IS '来源 | source that first showed the invoice';
COMMENT ON COLUMN out_first_seen.issue_date IS '开票日期 | day of issue';
COMMENT ON COLUMN out_first_seen.invoices IS '张数 | invoices of that day';
COMMENT ON COLUMN out_first_seen.median_delay_hours IS '时差中位数（小时） | median hours from issue to first sight';
COMMENT ON COLUMN out_first_seen.max_delay_hours IS '最大时差（小时） | longest hours from issue to first sight';
