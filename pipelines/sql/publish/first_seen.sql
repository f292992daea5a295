-- What: how long after issue the invoices of a day were first seen in a source. Sightings stay in the warehouse; readers get
--       this count of them. An invoice read as only a date counts from the start of its day, so its delay is overstated.
-- Grain: one row per source and day of issue.
-- Inputs: core_upstream__sighting.
-- Parameters: none.
CREATE OR REPLACE TABLE reader.out_first_seen AS
WITH first_seen AS (
    SELECT
        record_id,
        COALESCE(arg_min(source_id, observed_at), 'unknown') AS source_id,
        min(issued_at) AS issued_at,
        min(observed_at) AS observed_at
    FROM core_upstream__sighting
    GROUP BY record_id
)
SELECT
    source_id,
    issued_at::DATE AS issue_date,
    count(*) AS invoices,
    CAST(quantile_disc(date_diff('hour', issued_at, observed_at), 0.5) AS BIGINT) AS median_delay_hours,
    max(date_diff('hour', issued_at, observed_at)) AS max_delay_hours
FROM first_seen
GROUP BY source_id, issued_at::DATE;
