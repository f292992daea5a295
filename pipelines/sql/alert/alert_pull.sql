-- alert_pull: sources whose data did not come by their first road tonight: the last road tried, and what the first said.
-- Grain: one row per source. Inputs: night__pull. Parameters: night_id.
SELECT
    source_id,
    ARG_MAX(state, route_no) AS state,
    MAX(route_no) AS route_no,
    ARG_MAX(kind, route_no) AS kind,
    COALESCE(STRING_AGG(message_zh, ' ' ORDER BY route_no), '') AS message_zh,
    COALESCE(STRING_AGG(message_en, ' ' ORDER BY route_no), '') AS message_en
FROM night__pull
WHERE night_id = $night_id
GROUP BY source_id
HAVING MAX(route_no) > 0 OR ARG_MAX(state, route_no) NOT IN ('pulled', 'unchanged')
ORDER BY source_id;
