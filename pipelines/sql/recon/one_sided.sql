-- what: what can be said of a record that has no counterpart: too early, not received, impossible, missing
-- grain: work_lone one row per one-sided record
-- inputs: work_node, work_open_ledger, work_open_upstream, work_surplus, work_day, work_span, work_ledger_seen,
--         work_reference, work_impossible
-- parameters: $as_of, $grace_hours, $booking_days, $lookback_days
-- Absence is concluded only for days that were asked for and fully received. A line without an invoice date may be of
-- any day of the lookback before its posting; all of them inside the asked span must have been received.

CREATE OR REPLACE TEMP TABLE work_lone AS
WITH grouped AS (SELECT item_id FROM work_node GROUP BY item_id HAVING count(*) = 1),
lone AS (
    SELECT n.* FROM work_node n
    WHERE n.item_id IN (SELECT item_id FROM grouped)
      AND NOT EXISTS (FROM work_surplus s WHERE s.side = n.side AND s.record_id = n.record_id)
),
ledger AS (
    SELECT
        n.item_id, l.*,
        greatest(l.posted_on, coalesce(l.invoice_date, l.posted_on)) AS known_on,
        coalesce(l.invoice_date, l.posted_on - to_days($lookback_days)) AS first_possible,
        coalesce(l.invoice_date, l.posted_on) AS last_possible
    FROM lone n
    JOIN work_open_ledger l ON l.record_id = n.record_id
    WHERE n.side = 'ledger'
),
looked AS (
    SELECT
        l.item_id,
        l.known_on + to_hours($grace_hours) AS due_at,
        l.last_possible BETWEEN s.first_day AND s.last_day
        AND d_last.n_complete - coalesce(d_before.n_complete, 0)
            = date_diff('day', greatest(CAST(l.first_possible AS DATE), s.first_day), l.last_possible) + 1 AS is_covered,
        l.float_prefix IS NOT NULL
        OR regexp_full_match(array_to_string(l.tokens, ''), '[0-9]{15,17}0{3,5}')
        OR l.record_id NOT IN (SELECT ledger_id FROM work_reference)
        -- Nothing was compared, so nothing can be called missing.
        OR l.record_id IN (SELECT ledger_id FROM work_crowded_line) AS is_unreadable,
        l.record_id IN (SELECT ledger_id FROM work_impossible) AS is_impossible
    FROM ledger l
    LEFT JOIN work_span s ON s.taxpayer_id = l.taxpayer_id AND s.direction = l.direction
    LEFT JOIN work_day d_last
      ON d_last.taxpayer_id = l.taxpayer_id AND d_last.direction = l.direction AND d_last.day = l.last_possible
    LEFT JOIN work_day d_before
      ON d_before.taxpayer_id = l.taxpayer_id AND d_before.direction = l.direction
     AND d_before.day = greatest(CAST(l.first_possible AS DATE), s.first_day) - INTERVAL 1 DAY
),
upstream AS (
    SELECT
        n.item_id, u.status, u.issued_on + to_days($booking_days) AS due_at,
        least($as_of::TIMESTAMP, coalesce(m.seen_at, $as_of::TIMESTAMP)) AS looked_at
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
        WHEN is_covered IS DISTINCT FROM TRUE THEN 'upstream_gap'
        WHEN is_impossible THEN 'impossible_number'
        ELSE 'not_found'
    END AS cause,
    CASE WHEN due_at > $as_of::TIMESTAMP THEN CAST(due_at AS DATE) END AS due_on,
    is_impossible
FROM looked
UNION ALL
SELECT
    item_id, 'upstream',
    CASE
        WHEN status = 'void' THEN 'exact'
        WHEN status = 'red_full' THEN 'red_letter_netted'
        WHEN due_at > looked_at THEN 'booking_lag'
        ELSE 'not_booked'
    END,
    CASE WHEN status NOT IN ('void', 'red_full') AND due_at > looked_at THEN CAST(due_at AS DATE) END,
    FALSE
FROM upstream;
