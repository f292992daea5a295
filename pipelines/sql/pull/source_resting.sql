-- what: what was said of a source whose system is being maintained tonight, so that no route could bring everything; no
--       row if it is not so. A route that failed for another reason, or brought everything, is no rest.
-- grain: at most one row
-- inputs: night__pull
-- parameters: $source, $night_id
SELECT
    COALESCE(STRING_AGG(message_zh, ' ' ORDER BY route_no), '') AS message_zh,
    COALESCE(STRING_AGG(message_en, ' ' ORDER BY route_no), '') AS message_en
FROM night__pull
WHERE night_id = $night_id AND source_id = $source
GROUP BY source_id
HAVING BOOL_OR(state = 'maintenance') AND BOOL_AND(state IN ('maintenance', 'waiting'));
