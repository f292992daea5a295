-- what: the pairs that the result puts into one item, and whether they are true
-- grain: one row per ledger line and invoice of one item
-- inputs: judged_record, $link (ledger_record_id, upstream_record_id)
-- parameters: the path of the true links
CREATE OR REPLACE TEMP TABLE found_link AS
WITH pair AS (
    SELECT
        l.item_id,
        l.record_id AS ledger_record_id,
        u.record_id AS upstream_record_id,
        l.fault,
        l.found_cause IN ('red_letter_netted', 'dead_invoice_booked') AS is_reversal,
        t.ledger_record_id IS NOT NULL AS is_true
    FROM judged_record AS l
    JOIN judged_record AS u ON u.item_id = l.item_id AND u.side = 'upstream'
    LEFT JOIN read_parquet($link) AS t
        ON t.ledger_record_id = l.record_id AND t.upstream_record_id = u.record_id
    WHERE l.side = 'ledger'
)

SELECT ledger_record_id, upstream_record_id, fault, is_true
FROM pair
-- An item of a blue and a red invoice holds the lines of both: a line that stands with its own invoice is not thereby
-- linked to the other one.
QUALIFY is_true OR NOT (is_reversal AND bool_or(is_true) OVER (PARTITION BY item_id, ledger_record_id));
