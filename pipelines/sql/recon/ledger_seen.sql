-- what: up to which moment the company's ledger was received: the booking window is judged as of then
-- grain: work_ledger_seen one row per taxpayer and direction
-- inputs: core_ledger__sighting, raw_delivery, raw_file, work_nightly_source (source_id)
-- parameters: $as_of
-- Only sources that are due every night hold the clock back; a ledger that came once in spring does not.

CREATE OR REPLACE TEMP TABLE work_ledger_seen AS
WITH delivered AS (
    SELECT d.source_id, max(d.observed_at) AS seen_at
    FROM raw_delivery d
    JOIN raw_file f ON f.file_id = d.file_id AND f.source_id = d.source_id
    WHERE d.received_at <= $as_of AND f.side = 'ledger' AND f.status = 'read' AND f.is_complete
    GROUP BY d.source_id
),
fed AS (
    SELECT DISTINCT taxpayer_id, direction, source_id FROM core_ledger__sighting
)
SELECT f.taxpayer_id, f.direction, min(d.seen_at) AS seen_at
FROM fed f
JOIN delivered d USING (source_id)
WHERE f.source_id IN (SELECT source_id FROM work_nightly_source)
GROUP BY f.taxpayer_id, f.direction;
