-- alert_pull: sources whose data did not come by their first road when they were last asked: what became of it, and what
-- the routes said. A backfill asks some sources only: what stands of the others is not over by that.
-- A source is in maintenance only if no route failed for another reason; then a person who is waited for could not export
-- either. `nights_in_row`: nights that were so without a break, tonight included, from `rest_since` on.
-- Grain: one row per source. Inputs: night__pull. Parameters: night_id, sources (those that the settings ask).
WITH tried AS (
    SELECT
        night_id,
        source_id,
        ARG_MAX(state, route_no) AS last_state,
        MAX(route_no) AS route_no,
        ARG_MAX(kind, route_no) AS kind,
        BOOL_OR(state = 'maintenance') AND BOOL_AND(state IN ('maintenance', 'waiting')) AS is_resting,
        COALESCE(STRING_AGG(message_zh, ' ' ORDER BY route_no), '') AS message_zh,
        COALESCE(STRING_AGG(message_en, ' ' ORDER BY route_no), '') AS message_en
    FROM night__pull
    WHERE night_id <= $night_id
    GROUP BY night_id, source_id
),
asked AS (
    SELECT source_id, MAX(night_id) AS night_id FROM tried WHERE list_contains($sources, source_id) GROUP BY source_id
),
awake AS (
    SELECT source_id, MAX(night_id) AS night_id FROM tried WHERE NOT is_resting GROUP BY source_id
),
rest AS (
    SELECT tried.source_id, COUNT(*) AS nights_in_row, MIN(tried.night_id) AS rest_night
    FROM tried
    LEFT JOIN awake USING (source_id)
    WHERE tried.night_id > COALESCE(awake.night_id, '')
    GROUP BY tried.source_id
),
span AS (
    SELECT date_diff('second', MIN(started_at), MAX(ended_at)) AS fetch_seconds FROM night__pull WHERE night_id = $night_id
)
SELECT
    source_id,
    CASE WHEN is_resting THEN 'maintenance' WHEN last_state = 'maintenance' THEN 'failed' ELSE last_state END AS state,
    route_no,
    kind,
    message_zh,
    message_en,
    COALESCE(nights_in_row, 0) AS nights_in_row,
    strptime(rest_night, '%Y%m%dT%H%M%S') AS rest_since,
    fetch_seconds
FROM tried
JOIN asked USING (source_id, night_id)
CROSS JOIN span
LEFT JOIN rest USING (source_id)
WHERE route_no > 0 OR last_state NOT IN ('pulled', 'unchanged')
ORDER BY source_id;
