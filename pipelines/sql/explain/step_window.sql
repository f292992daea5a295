-- what: for a record left alone, the guard that decided, and which window and which received days decide between too
--       early, not received and missing
-- grain: explain_step one row per record and step; explain_pair one row per line and invoice that was considered
-- inputs: explain_record, work_lone, work_candidate, work_node, work_ledger, work_upstream, work_span, work_day,
--         work_ledger_seen, work_considered
-- parameters: $as_of, $grace_hours, $booking_days, $lookback_days

CREATE OR REPLACE TEMP TABLE explain_lone AS
SELECT n.side, n.record_id, w.item_id, w.cause
FROM work_lone AS w
JOIN work_node AS n ON n.item_id = w.item_id
JOIN explain_record AS r ON r.side = n.side AND r.record_id = n.record_id;

-- An invoice that is one of several is so for its line.
INSERT INTO explain_step
SELECT
    e.side, e.record_id, 65, 'left_open', 'refused', c.why_not,
    MAP {'count': CAST(c.n_candidates AS VARCHAR),
         'guard': CASE WHEN e.side = 'upstream' AND c.candidates IS NOT NULL AND c.why_not = 'several_equal'
                       THEN 'several_equal_of_line' ELSE c.why_not END}
FROM explain_lone AS e JOIN work_candidate AS c ON c.item_id = e.item_id;

INSERT INTO explain_pair
SELECT 'ledger', c.ledger_id, 'left_open', c.upstream_id, c.why_not
FROM work_considered AS c
JOIN explain_lone AS e ON e.side = 'ledger' AND e.record_id = c.ledger_id;

INSERT INTO explain_step
WITH line AS (
    SELECT
        l.record_id, l.taxpayer_id, l.direction, e.cause,
        greatest(l.posted_on, coalesce(l.invoice_date, l.posted_on)) + to_hours($grace_hours) AS due_at,
        CAST(coalesce(l.invoice_date, l.posted_on - to_days($lookback_days)) AS DATE) AS first_possible,
        coalesce(l.invoice_date, l.posted_on) AS last_possible
    FROM explain_lone AS e JOIN work_ledger AS l ON l.record_id = e.record_id
    WHERE e.side = 'ledger'
),
missed AS (
    SELECT
        l.record_id, count(*) AS n_missed,
        array_to_string(list(CAST(d.day AS VARCHAR) ORDER BY d.day)[:3], '、') AS days
    FROM line AS l
    JOIN work_day AS d ON d.taxpayer_id = l.taxpayer_id AND d.direction = l.direction
    WHERE d.day BETWEEN l.first_possible AND l.last_possible AND NOT d.is_complete
    GROUP BY l.record_id
)
SELECT
    'ledger', l.record_id, 70, 'grace', CASE WHEN l.due_at > $as_of::TIMESTAMP THEN 'early' ELSE 'over' END, NULL,
    MAP {'due_on': CAST(CAST(l.due_at AS DATE) AS VARCHAR), 'hours': CAST($grace_hours AS VARCHAR)}
FROM line AS l
UNION ALL
SELECT
    'ledger', l.record_id, 71, 'coverage',
    CASE WHEN s.first_day IS NULL OR l.last_possible NOT BETWEEN s.first_day AND s.last_day THEN 'outside'
         WHEN m.n_missed > 0 THEN 'gap' ELSE 'complete' END,
    NULL,
    MAP {'from': CAST(greatest(l.first_possible, coalesce(s.first_day, l.first_possible)) AS VARCHAR),
         'to': CAST(l.last_possible AS VARCHAR), 'count': CAST(coalesce(m.n_missed, 0) AS VARCHAR),
         'days': coalesce(m.days, ''), 'first_day': coalesce(CAST(s.first_day AS VARCHAR), '—'),
         'last_day': coalesce(CAST(s.last_day AS VARCHAR), '—')}
FROM line AS l
LEFT JOIN work_span AS s ON s.taxpayer_id = l.taxpayer_id AND s.direction = l.direction
LEFT JOIN missed AS m ON m.record_id = l.record_id
WHERE l.due_at <= $as_of::TIMESTAMP AND l.cause <> 'unreadable_reference';

INSERT INTO explain_step
SELECT
    'upstream', u.record_id, 70, 'booking',
    CASE e.cause WHEN 'booking_lag' THEN 'early' ELSE 'over' END, NULL,
    MAP {'issued_on': CAST(u.issued_on AS VARCHAR), 'days': CAST($booking_days AS VARCHAR),
         'due_on': CAST(CAST(u.issued_on + to_days($booking_days) AS DATE) AS VARCHAR),
         'looked_at': CASE WHEN isfinite(coalesce(s.seen_at, $as_of::TIMESTAMP))
                           THEN CAST(least($as_of::TIMESTAMP, coalesce(s.seen_at, $as_of::TIMESTAMP)) AS VARCHAR) ELSE '—' END}
FROM explain_lone AS e
JOIN work_upstream AS u ON u.record_id = e.record_id
LEFT JOIN work_ledger_seen AS s ON s.taxpayer_id = u.taxpayer_id AND s.direction = u.direction
WHERE e.side = 'upstream' AND e.cause IN ('booking_lag', 'not_booked');
