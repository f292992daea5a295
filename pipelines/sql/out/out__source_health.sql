-- What: how each source did on this night, and when it last delivered.
-- Grain: one row per source.
-- Inputs: night__source, out__night.
-- Parameters: none.
CREATE OR REPLACE VIEW out__source_health AS
WITH past AS (
    SELECT s.*
    FROM night__source AS s
    JOIN out__night AS n ON s.night_id <= n.night_id
),
last_received AS (
    SELECT source_id, max(night_id) FILTER (WHERE state = 'received') AS last_received_night
    FROM past
    GROUP BY source_id
),
quiet AS (
    SELECT p.source_id, count(*) AS nights_without_new
    FROM past AS p
    JOIN last_received AS r ON r.source_id = p.source_id
    WHERE p.night_id > COALESCE(r.last_received_night, '')
    GROUP BY p.source_id
)
SELECT
    s.source_id, s.state, s.files_new, s.files_failed, s.rows_new, s.newest_observed_at,
    r.last_received_night, COALESCE(q.nights_without_new, 0) AS nights_without_new, s.message_zh, s.message_en
FROM night__source AS s
JOIN out__night AS n ON n.night_id = s.night_id
JOIN last_received AS r ON r.source_id = s.source_id
LEFT JOIN quiet AS q ON q.source_id = s.source_id;
COMMENT ON VIEW out__source_health IS '来源状况 | Each source on this night: received, unchanged, silent, maintenance or failed';
COMMENT ON COLUMN out__source_health.last_received_night IS '最近收到 | last night with a new usable file; NULL if never';
COMMENT ON COLUMN out__source_health.nights_without_new IS '连续无新数据的夜数 | nights since then, this one included';
