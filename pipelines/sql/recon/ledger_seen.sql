-- what: up to which moment the company's ledger was received: the booking window is judged as of then
-- grain: work_ledger_seen one row per taxpayer and direction
-- inputs: core_ledger__sighting, core_upstream__invoice, raw_delivery, raw_file, work_nightly_source
-- parameters: $as_of
-- Only sources that are due every night hold the clock back; a ledger that came once in spring does not. One that never came
-- stops it: whose it is the settings say, or it may be anybody's.

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
    WHERE source_id IN (SELECT source_id FROM work_nightly_source)
    UNION
    SELECT c.taxpayer_id, c.direction, n.source_id
    FROM (SELECT DISTINCT taxpayer_id, direction FROM core_upstream__invoice) c
    CROSS JOIN (FROM work_nightly_source WHERE source_id NOT IN (SELECT source_id FROM delivered)) n
    WHERE coalesce(n.taxpayer_id = c.taxpayer_id, TRUE) AND coalesce(n.direction = c.direction, TRUE)
)
SELECT f.taxpayer_id, f.direction, min(coalesce(d.seen_at, '-infinity'::TIMESTAMP)) AS seen_at
FROM fed f
LEFT JOIN delivered d USING (source_id)
GROUP BY f.taxpayer_id, f.direction;
