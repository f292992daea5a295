-- what: what can be said of a record that has no counterpart: too early, not received, impossible, missing
-- grain: work_lone one row per one-sided record; work_lone_ledger, work_lone_upstream the same by side
-- inputs: work_node, work_open_ledger, work_open_upstream, work_surplus, work_looked, work_ledger_seen, work_reference,
--         work_impossible, work_long_range, work_crowded_line, work_refused
-- parameters: $as_of, $booking_days
-- Absence is concluded only for days that were asked for and fully received.

CREATE OR REPLACE TEMP TABLE work_lone AS
WITH grouped AS (SELECT item_id FROM work_node GROUP BY item_id HAVING count(*) = 1),
lone AS (
    SELECT n.* FROM work_node n
    WHERE n.item_id IN (SELECT item_id FROM grouped)
      AND NOT EXISTS (FROM work_surplus s WHERE s.side = n.side AND s.record_id = n.record_id)
),
ledger AS (
    SELECT
        n.item_id, k.due_at, k.is_covered, k.is_awaited,
        l.float_prefix IS NOT NULL
        OR is_rounded_number(array_to_string(l.tokens, ''))
        OR len(l.tokens) = len(list_filter(l.tokens, lambda t: is_rounded_number(t)))
        OR l.record_id NOT IN (SELECT ledger_id FROM work_reference)
        -- Nothing was compared, so nothing can be called missing.
        OR l.record_id IN (SELECT ledger_id FROM work_crowded_line)
        -- The part of a number that several invoices have says of none that it is missing.
        OR l.record_id IN (SELECT ledger_id FROM work_refused WHERE rule = 'cut_number' AND why_not = 'several_equal')
        OR l.record_id IN (SELECT ledger_id FROM work_long_range) AS is_unreadable,
        l.record_id IN (SELECT ledger_id FROM work_impossible) AS is_impossible
    FROM lone n
    JOIN work_open_ledger l ON l.record_id = n.record_id
    JOIN work_looked k ON k.ledger_id = n.record_id
    WHERE n.side = 'ledger'
),
upstream AS (
    SELECT
        n.item_id, u.status, u.issued_on + to_days($booking_days) AS due_at,
        least($as_of::TIMESTAMP, coalesce(m.seen_at, $as_of::TIMESTAMP)) AS looked_at,
        u.status NOT IN ('void', 'red_full') AND due_at > looked_at AND due_at <= $as_of::TIMESTAMP AS is_awaited
    FROM lone n
    JOIN work_open_upstream u ON u.record_id = n.record_id
    LEFT JOIN work_ledger_seen m ON m.taxpayer_id = u.taxpayer_id AND m.direction = u.direction
    WHERE n.side = 'upstream'
)
SELECT
    item_id, 'ledger' AS side,
    CASE
        WHEN due_at > $as_of::TIMESTAMP THEN 'sync_delay'
        WHEN is_unreadable THEN 'unreadable_reference'
        WHEN NOT is_covered THEN 'upstream_gap'
        WHEN is_impossible THEN 'impossible_number'
        ELSE 'not_found'
    END AS cause,
    CASE WHEN due_at > $as_of::TIMESTAMP THEN CAST(due_at AS DATE) END AS due_on,
    is_impossible, is_unreadable, is_awaited AND due_at <= $as_of::TIMESTAMP AS is_awaited
FROM ledger
UNION ALL
SELECT
    item_id, 'upstream',
    CASE
        WHEN status = 'void' THEN 'exact'
        WHEN status = 'red_full' THEN 'red_letter_netted'
        WHEN due_at > looked_at THEN 'booking_lag'
        ELSE 'not_booked'
    END,
    -- Once the window is over it takes one more ledger: not before tomorrow.
    CASE WHEN is_awaited THEN CAST($as_of::TIMESTAMP AS DATE) + 1
         WHEN status NOT IN ('void', 'red_full') AND due_at > looked_at THEN CAST(due_at AS DATE) END,
    FALSE, FALSE, is_awaited
FROM upstream;

CREATE OR REPLACE TEMP TABLE work_lone_ledger AS
SELECT w.item_id, n.record_id, w.cause, w.is_impossible
FROM work_lone w JOIN work_node n ON n.item_id = w.item_id
WHERE w.side = 'ledger';

CREATE OR REPLACE TEMP TABLE work_lone_upstream AS
SELECT w.item_id, n.record_id FROM work_lone w JOIN work_node n ON n.item_id = w.item_id WHERE w.side = 'upstream';
