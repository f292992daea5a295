-- what: of the lines that cite several invoices, which repeat an earlier one, and which invoices such a line books in full
-- grain: work_list one row per line; work_listed one row per invoice
-- inputs: work_named, work_open_ledger, work_open_upstream
-- parameters: $tolerance
-- A line is whole if it makes up all invoices that it cites. Of whole lines of the same invoices the first posted is their
-- booking, the others are surplus; so is what cites one of these invoices later (line_role.sql).

CREATE OR REPLACE TEMP TABLE work_list AS
WITH cited AS (
    SELECT
        n.ledger_id, any_value(l.posted_on) AS posted_on, bool_or(n.rule = 'decision') AS is_decided,
        list(n.upstream_id ORDER BY n.upstream_id) AS invoices,
        arg_min(n.upstream_id, (u.issued_on, n.upstream_id)) AS first_id,
        count(*) = any_value(n.n_numbers)
        AND abs(any_value(coalesce(l.line_total, l.line_amount))
                - sum(CASE WHEN l.line_total IS NOT NULL THEN u.total_cny ELSE u.amount_cny END)) <= $tolerance AS is_whole
    FROM work_named n
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    JOIN work_open_upstream u ON u.record_id = n.upstream_id
    WHERE n.n_numbers > 1
    GROUP BY n.ledger_id
)
SELECT
    *,
    is_whole AND NOT is_decided
    AND row_number() OVER (PARTITION BY invoices, is_whole ORDER BY is_decided DESC, posted_on, ledger_id) > 1 AS is_surplus
FROM cited;

CREATE OR REPLACE TEMP TABLE work_listed AS
WITH booked AS (SELECT unnest(invoices) AS upstream_id, posted_on, ledger_id FROM work_list WHERE is_whole AND NOT is_surplus)
SELECT upstream_id, min({'day': posted_on, 'id': ledger_id}) AS posted_place FROM booked GROUP BY upstream_id;
