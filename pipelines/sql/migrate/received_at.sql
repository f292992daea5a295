-- what: sightings of a version that did not keep when they came: on the night of their file, else when they were observed
-- grain: filled_row one row per earlier_row
-- inputs: earlier_row, raw_file
-- parameters: none
-- One name can come again with other content: the file made at the moment of the sighting is meant.

CREATE OR REPLACE TEMP VIEW filled_row AS
WITH same_moment AS (
    SELECT source_id, file_name, observed_at, min(received_at) AS received_at FROM raw_file GROUP BY ALL
),
same_name AS (
    SELECT source_id, file_name, min(received_at) AS received_at FROM raw_file GROUP BY ALL
)
SELECT e.*, coalesce(m.received_at, n.received_at, e.observed_at) AS received_at
FROM earlier_row e
LEFT JOIN same_moment m
    ON m.source_id = e.source_id AND m.file_name = e.source_file AND m.observed_at = e.observed_at
LEFT JOIN same_name n ON n.source_id = e.source_id AND n.file_name = e.source_file;
