-- what: for which issue dates the tax system was asked and everything arrived, and of which lines absence may be concluded
-- grain: work_day one row per taxpayer, direction and calendar day of the asked span, with the running counts of complete days and
--        of those that were fetched whole before they were over, and the next day that is lacking; work_span the span and
--        whether it was reported by a fetch or only assumed; and the macro looked_at
-- inputs: work_coverage (taxpayer_id, direction, issue_date, is_complete, fetched_at)
-- parameters: $grace_hours

CREATE OR REPLACE TEMP TABLE work_span AS
SELECT
    taxpayer_id, direction, min(issue_date) AS first_day, max(issue_date) AS last_day,
    bool_or(fetched_at IS NOT NULL) AS is_reported
FROM work_coverage
GROUP BY taxpayer_id, direction;

CREATE OR REPLACE TEMP TABLE work_day AS
WITH calendar AS (
    SELECT taxpayer_id, direction, CAST(unnest(generate_series(first_day, last_day, INTERVAL 1 DAY)) AS DATE) AS day
    FROM work_span
),
complete AS (
    SELECT taxpayer_id, direction, issue_date AS day, bool_or(is_complete) AS is_complete, max(fetched_at) AS fetched_at
    FROM work_coverage
    GROUP BY ALL
)
SELECT
    taxpayer_id, direction, day, coalesce(is_complete, FALSE) AS is_complete,
    sum(coalesce(is_complete, FALSE)::INT) OVER of_company AS n_complete,
    sum(coalesce(NOT is_complete AND fetched_at < day + to_hours(greatest($grace_hours, 24)), FALSE)::INT)
        OVER of_company AS n_early,
    min(CASE WHEN is_complete IS NOT TRUE THEN day END)
        OVER (of_company ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_lacking
FROM calendar
LEFT JOIN complete USING (taxpayer_id, direction, day)
WINDOW of_company AS (PARTITION BY taxpayer_id, direction ORDER BY day);

-- One row per line of a table in the shape of work_open_ledger. A line without an invoice date may be of any day of the
-- lookback before its posting; all of them inside the asked span must have been received. "It is missing" rests on it, and
-- `is_settled` ("the others are booked, so it is this one") only where a fetch said so: a coverage that is assumed links
-- nothing. `is_awaited`: all that is lacking are days that were fetched whole, but too early; the next ordinary fetch brings them.
CREATE OR REPLACE TEMP MACRO looked_at(lines, moment, grace, lookback) AS TABLE
WITH line AS (
    SELECT
        record_id AS ledger_id, taxpayer_id, direction,
        greatest(posted_on, coalesce(invoice_date, posted_on)) + to_hours(grace) AS due_at,
        CAST(coalesce(invoice_date, posted_on - to_days(lookback)) AS DATE) AS first_possible,
        coalesce(invoice_date, posted_on) AS last_possible
    FROM query_table(lines)
)
SELECT
    l.ledger_id, l.due_at,
    coalesce(
        l.last_possible BETWEEN s.first_day AND s.last_day
        AND d_last.n_complete - coalesce(d_before.n_complete, 0)
            = date_diff('day', greatest(l.first_possible, s.first_day), l.last_possible) + 1,
        FALSE
    ) AS is_covered,
    is_covered AND s.is_reported AND l.due_at <= moment AS is_settled,
    coalesce(
        l.last_possible BETWEEN s.first_day AND s.last_day AND l.due_at + INTERVAL 3 DAY > moment
        AND d_last.n_complete + d_last.n_early - coalesce(d_before.n_complete + d_before.n_early, 0)
            = date_diff('day', greatest(l.first_possible, s.first_day), l.last_possible) + 1,
        FALSE
    ) AND NOT is_covered AS is_awaited
FROM line l
LEFT JOIN work_span s ON s.taxpayer_id = l.taxpayer_id AND s.direction = l.direction
LEFT JOIN work_day d_last
  ON d_last.taxpayer_id = l.taxpayer_id AND d_last.direction = l.direction AND d_last.day = l.last_possible
LEFT JOIN work_day d_before
  ON d_before.taxpayer_id = l.taxpayer_id AND d_before.direction = l.direction
 AND d_before.day = greatest(l.first_possible, s.first_day) - INTERVAL 1 DAY;
