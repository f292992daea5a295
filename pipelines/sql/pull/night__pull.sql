-- what: what one route gave tonight
-- grain: night__pull one row per night, source and route
-- inputs: none
-- parameters: one per column
INSERT INTO night__pull (
    night_id, source_id, route_no, kind, state, files, rows, declared, started_at, ended_at, watermark, message_zh,
    message_en
)
VALUES (
    $night_id, $source_id, $route_no, $kind, $state, $files, $rows, $declared, $started_at, $ended_at, $watermark,
    $message_zh, $message_en
);
