-- what: lines that fit an invoice but for an error in the number, while that one is booked already: probably the same bill once more
-- grain: work_booked_again one row per item of such a line, with the vouchers of the booking and the day of the first
-- inputs: work_candidate, work_lone, work_node, work_near, work_shown, work_refused, work_link, work_cleared, work_agreed, work_carried,
--         work_reopened, work_ledger
-- parameters: none
-- Told, never judged: the number is not that of the invoice.

CREATE OR REPLACE TEMP TABLE work_booked_again AS
WITH taken AS (
    SELECT c.item_id, n.record_id AS ledger_id, c.candidates[1] AS upstream_id
    FROM work_candidate c
    JOIN work_lone w ON w.item_id = c.item_id AND w.cause IN ('not_found', 'impossible_number', 'unreadable_reference')
    JOIN work_node n ON n.item_id = c.item_id AND n.side = 'ledger'
    WHERE c.why_not = 'number_taken' AND c.n_candidates = 1
),
alike AS (
    SELECT ledger_id, upstream_id FROM work_near WHERE is_evident
    UNION
    SELECT ledger_id, upstream_id FROM work_shown WHERE is_evident
    UNION
    SELECT ledger_id, upstream_id FROM work_refused WHERE rule = 'cut_number' AND why_not = 'number_taken'
),
again AS MATERIALIZED (SELECT item_id, upstream_id FROM taken SEMI JOIN alike USING (ledger_id, upstream_id)),
booking AS (
    SELECT upstream_id, ledger_id FROM work_link WHERE upstream_id IN (SELECT upstream_id FROM again)
    UNION ALL
    SELECT upstream_id, ledger_id FROM work_agreed WHERE upstream_id IN (SELECT upstream_id FROM again)
    UNION ALL
    SELECT upstream_id, ledger_id FROM work_cleared WHERE upstream_id IN (SELECT upstream_id FROM again)
    UNION ALL
    SELECT upstream_id, ledger_id FROM work_carried
    WHERE upstream_hash IN (SELECT hash(upstream_id) FROM again WHERE upstream_id <> '')
      AND upstream_id NOT IN (SELECT upstream_id FROM work_reopened)
)
SELECT
    a.item_id, list_shown(list(DISTINCT shown_voucher(l.voucher_no, l.posted_on))) AS voucher, min(l.posted_on) AS posted_on
FROM again a
JOIN booking b ON b.upstream_id = a.upstream_id
-- A small side that is filtered is what DuckDB looks for while it reads the large one.
JOIN work_ledger l ON l.record_id = b.ledger_id
GROUP BY a.item_id;
