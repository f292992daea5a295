-- what: of the lines that cite several invoices, which repeat an earlier one, and which invoices such a line books in full
-- grain: work_list one row per line; work_listed one row per invoice
-- inputs: work_named, work_open_ledger, work_open_upstream
-- parameters: $tolerance
-- A line is whole if it makes up all invoices that it cites. Of whole lines of the same invoices the first posted is their
-- booking, the others are surplus; so is what cites one of these invoices later (line_role.sql), and a whole line whose
-- invoices were all booked before, one by one. What the ledger takes back in between is no second booking.

CREATE OR REPLACE TEMP TABLE work_list AS
WITH line AS (
    SELECT
        n.ledger_id, n.upstream_id, n.rule, n.n_numbers, n.party_agrees, l.posted_on, u.issued_on,
        coalesce(l.line_total, l.line_amount) AS money,
        CASE WHEN l.line_total IS NOT NULL THEN u.total_cny ELSE u.amount_cny END AS whole
    FROM work_named n
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    JOIN work_open_upstream u ON u.record_id = n.upstream_id
    WHERE n.upstream_id IN (SELECT upstream_id FROM work_named WHERE n_numbers > 1)
),
taken_back AS (SELECT upstream_id FROM line WHERE money < 0 AND whole > 0),
alone AS (
    SELECT upstream_id, min({'day': posted_on, 'id': ledger_id}) AS posted_place FROM line
    WHERE n_numbers = 1 AND abs(money - whole) <= $tolerance AND party_agrees IS DISTINCT FROM FALSE
    GROUP BY upstream_id
),
cited AS (
    SELECT
        ledger_id, any_value(posted_on) AS posted_on, bool_or(rule = 'decision') AS is_decided,
        list(upstream_id ORDER BY upstream_id) AS invoices, arg_min(upstream_id, (issued_on, upstream_id)) AS first_id,
        bool_and(coalesce(a.posted_place < {'day': posted_on, 'id': ledger_id}, FALSE)) AS is_booked_alone,
        count(*) = any_value(n_numbers) AND abs(any_value(money) - sum(whole)) <= $tolerance
        AND NOT bool_or(upstream_id IN (SELECT upstream_id FROM taken_back)) AS is_whole
    FROM line LEFT JOIN alone a USING (upstream_id)
    WHERE n_numbers > 1
    GROUP BY ledger_id
)
SELECT
    *,
    is_whole AND NOT is_decided
    AND (is_booked_alone
         OR row_number() OVER (PARTITION BY invoices, is_whole ORDER BY is_decided DESC, posted_on, ledger_id) > 1)
    AS is_surplus
FROM cited;

CREATE OR REPLACE TEMP TABLE work_listed AS
WITH booked AS (SELECT unnest(invoices) AS upstream_id, posted_on, ledger_id FROM work_list WHERE is_whole AND NOT is_surplus)
SELECT upstream_id, min({'day': posted_on, 'id': ledger_id}) AS posted_place FROM booked GROUP BY upstream_id;
