-- what: the row of the night that starts now, as if it had never run
-- grain: one row per night_id
-- inputs: night__run
-- parameters: $night_id, $as_of, $started_at
DELETE FROM night__run
WHERE night_id = $night_id;

INSERT INTO night__run (night_id, as_of, started_at, finished_at, is_published, snapshot_id)
VALUES ($night_id, $as_of, $started_at, NULL, FALSE, NULL);
