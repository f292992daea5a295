-- What: the night that this database shows.
-- Grain: one row.
-- Inputs: out_shown_night (one row, written by pipelines.publish), night__run.
-- Parameters: none.
CREATE OR REPLACE VIEW out__night AS
SELECT r.night_id, r.as_of, s.published_at, r.snapshot_id
FROM out_shown_night AS s
JOIN night__run AS r ON r.night_id = s.night_id;
COMMENT ON VIEW out__night IS '本库所示的一夜 | The night that this database shows, one row';
COMMENT ON COLUMN out__night.published_at IS '发布时间 | when readers got it, wall clock, Beijing time';
