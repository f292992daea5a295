-- what: of which ledger lines absence may be concluded: their days were received, and their grace window is over
-- grain: work_looked one row per open ledger line
-- inputs: work_open_ledger, work_day, work_span
-- parameters: $as_of, $grace_hours, $lookback_days
-- A line without an invoice date may be of any day of the lookback before its posting; all of them inside the asked span
-- must have been received. "It is missing" rests on it, and `is_settled` ("the others are booked, so it is this one")
-- only where a fetch said so: a coverage that is assumed links nothing.

CREATE OR REPLACE TEMP TABLE work_looked AS
WITH line AS (
    SELECT
        record_id AS ledger_id, taxpayer_id, direction,
        greatest(posted_on, coalesce(invoice_date, posted_on)) + to_hours($grace_hours) AS due_at,
        CAST(coalesce(invoice_date, posted_on - to_days($lookback_days)) AS DATE) AS first_possible,
        coalesce(invoice_date, posted_on) AS last_possible
    FROM work_open_ledger
)
SELECT
    l.ledger_id, l.due_at,
    coalesce(
        l.last_possible BETWEEN s.first_day AND s.last_day
        AND d_last.n_complete - coalesce(d_before.n_complete, 0)
            = date_diff('day', greatest(l.first_possible, s.first_day), l.last_possible) + 1,
        FALSE
    ) AS is_covered,
    is_covered AND s.is_reported AND l.due_at <= $as_of::TIMESTAMP AS is_settled
FROM line l
LEFT JOIN work_span s ON s.taxpayer_id = l.taxpayer_id AND s.direction = l.direction
LEFT JOIN work_day d_last
  ON d_last.taxpayer_id = l.taxpayer_id AND d_last.direction = l.direction AND d_last.day = l.last_possible
LEFT JOIN work_day d_before
  ON d_before.taxpayer_id = l.taxpayer_id AND d_before.direction = l.direction
 AND d_before.day = greatest(l.first_possible, s.first_day) - INTERVAL 1 DAY;
