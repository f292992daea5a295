-- what: the true pairs, and whether the result has them
-- grain: one row per true pair of ledger line and invoice
-- inputs: judged_record, found_link, $link (ledger_record_id, upstream_record_id)
-- parameters: the path of the true links
CREATE OR REPLACE TEMP TABLE true_link AS
SELECT
    t.ledger_record_id,
    t.upstream_record_id,
    l.fault,
    -- A line booked twice is an item of its own: saying so of the true surplus is all that can be said of its link.
    f.ledger_record_id IS NOT NULL
    OR coalesce(l.cause = 'booked_twice' AND l.found_cause = 'booked_twice', FALSE) AS is_found
FROM read_parquet($link) AS t
JOIN judged_record AS l ON l.side = 'ledger' AND l.record_id = t.ledger_record_id
LEFT JOIN found_link AS f USING (ledger_record_id, upstream_record_id);
