-- what: which issue dates were asked of the tax system and fully received
-- grain: core_upstream__coverage one row per taxpayer, direction and day
-- inputs: raw_file, raw_delivery, raw_reject, raw_upstream__row, core_upstream__span,
--   source_scope (source_id, taxpayer_id, direction, is_stated)
-- parameters: $as_of, $grace_hours, $plain_dated (layouts without forms of dates of their own), $named (layouts whose files
--   say in their names what was asked for)
-- A day is complete only if a whole export that was asked for it was made at least the grace window after the day began:
-- before that the day can still grow, and absence from it says nothing. A day with a rejected row was not fully received; if
-- the day of such a row is unknown, no day of its file was. When an export was made is known from the first delivery of its
-- bytes: a copy of an old file looks new, and is not. Under a name that asks for other days the same bytes are another export:
-- nothing was issued in between.
-- Whom a file was asked for is known if its source says it, otherwise only for those whose invoices it shows.
--
-- An export that reached its row cap was cut. If its rows stand in the order of their days it was cut at the end: the days
-- before the last one it shows (after the first, if the newest come first) arrived whole, the last one and all beyond may
-- be lost. In any other order every day may be. It counts for the days that arrived only if another file of the source, made
-- no earlier, received each of the lost ones: until then nobody knows that the rest was asked for at all. That the tax
-- system cuts a list at its end, and not before it sorts, is assumed: nothing in a file can show it.

DELETE FROM core_upstream__coverage;

INSERT INTO core_upstream__coverage
WITH spoiled AS (
    SELECT
        r.file_id, r.source_id,
        CASE WHEN list_contains($plain_dated::VARCHAR[], f.layout)
             THEN CAST(time_value(clean_text(w.issued_at)) AS DATE) END AS day
    FROM raw_reject r
    JOIN raw_file f USING (file_id, source_id)
    JOIN raw_upstream__row w USING (file_id, source_id, sheet, row_number)
    -- What is certainly of another company, or of the other direction, leaves no hole.
    WHERE r.reason NOT IN ('not_ours', 'other_side', 'other_taxpayer')
),
request AS (
    SELECT
        d.file_id, d.source_id,
        coalesce(CASE WHEN list_contains($named::VARCHAR[], f.layout) THEN d.period_from END, f.period_from) AS period_from,
        coalesce(CASE WHEN list_contains($named::VARCHAR[], f.layout) THEN d.period_to END, f.period_to) AS period_to,
        min(d.observed_at) AS made_at, arg_min(d.file_name, (d.received_at, d.observed_at, d.file_name)) AS file_name
    FROM raw_delivery d
    JOIN raw_file f USING (file_id, source_id)
    WHERE f.side = 'upstream' AND f.status = 'read' AND f.received_at <= $as_of AND d.received_at <= $as_of
    GROUP BY ALL
),
asked AS (
    SELECT
        s.taxpayer_id, s.direction, r.*, f.is_complete AS is_whole,
        -- Without a row only an API's listing is complete: one that was declared to be empty.
        f.rows_kept > 0 OR f.is_complete AS is_usable,
        p.first_issued_on >= r.period_from AND p.last_issued_on <= r.period_to AS is_in_period,
        p.date_order, p.first_issued_on, p.last_issued_on,
        CAST(unnest(generate_series(r.period_from, r.period_to, INTERVAL 1 DAY)) AS DATE) AS issue_date
    FROM request r
    JOIN raw_file f USING (file_id, source_id)
    JOIN source_scope s ON s.source_id = r.source_id
    LEFT JOIN core_upstream__span p
        ON p.file_id = r.file_id AND p.source_id = r.source_id
        AND p.taxpayer_id = s.taxpayer_id AND p.direction = s.direction
    WHERE r.period_from IS NOT NULL AND (s.is_stated OR p.file_id IS NOT NULL)
),
arrived AS (
    SELECT
        *,
        is_usable AND (is_whole OR coalesce(is_in_period AND CASE date_order
            WHEN 'rising' THEN issue_date < last_issued_on
            WHEN 'falling' THEN issue_date > first_issued_on
        END, FALSE)) AS is_here
    FROM asked
),
continued AS (
    SELECT a.file_id, a.source_id, a.period_from, a.period_to, a.taxpayer_id, a.direction
    FROM arrived a
    LEFT JOIN arrived n
        ON n.source_id = a.source_id AND n.taxpayer_id = a.taxpayer_id AND n.direction = a.direction
        AND n.issue_date = a.issue_date AND n.is_here AND n.made_at >= a.made_at
    WHERE NOT a.is_whole AND NOT a.is_here
    GROUP BY ALL
    HAVING bool_and(n.file_id IS NOT NULL)
),
received AS (
    SELECT a.*, a.is_here AND (a.is_whole OR c.file_id IS NOT NULL) AS is_received
    FROM arrived a
    LEFT JOIN continued c
        ON c.file_id = a.file_id AND c.source_id = a.source_id
        AND c.period_from = a.period_from AND c.period_to = a.period_to
        AND c.taxpayer_id = a.taxpayer_id AND c.direction = a.direction
),
looked AS (
    SELECT
        *,
        is_received
        AND (file_id, source_id, issue_date) NOT IN (
            SELECT (file_id, source_id, day) FROM spoiled WHERE day IS NOT NULL)
        AND (file_id, source_id) NOT IN (SELECT (file_id, source_id) FROM spoiled WHERE day IS NULL)
        -- A day that is not over can still grow, however short the grace window.
        AND made_at >= issue_date + to_hours(greatest($grace_hours, 24)) AS is_settled
    FROM received
)
SELECT
    taxpayer_id, direction, issue_date, bool_or(is_settled) AS is_complete,
    max(made_at) FILTER (is_received) AS fetched_at,
    arg_max(source_id, made_at) AS source_id, arg_max(file_name, made_at) AS source_file, NULL AS source_row
FROM looked
GROUP BY taxpayer_id, direction, issue_date;
