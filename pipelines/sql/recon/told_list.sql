-- what: of the findings about a line that cites several invoices: which of these the finding is about
-- grain: work_told_list one row per item
-- inputs: work_judged_cause, work_node, work_link, work_named, work_list, work_open_upstream, work_open_ledger, work_red_pair
-- parameters: none
-- A sentence names four invoices at most, and says so with an ellipsis.

CREATE OR REPLACE TEMP TABLE work_told_list AS
WITH cited AS (
    SELECT
        c.item_id, c.cause, k.upstream_id, shown_number(u.code, u.number) AS number, u.issued_on,
        -- Of what is dead only its own money goes, though the others of the list were not found.
        CASE c.cause WHEN 'dead_invoice_booked' THEN r.n_numbers END AS n_listed,
        -- In the money that the line keeps.
        CASE WHEN l.line_total IS NULL THEN u.amount_cny ELSE u.total_cny END AS money,
        concat_ws(' ', coalesce(u.party_name, u.party_id),
                  CASE WHEN c.cause = 'party_differs' AND u.party_name IS NOT NULL AND NOT name_agrees(l.party_id, u.party_id)
                       THEN trim(u.party_id) END) AS party_name,
        u.status = 'void' AS is_void,
        u.status = 'red_full' OR u.record_id IN (SELECT blue_id FROM work_red_pair WHERE is_full) AS is_reversed,
        party_differs(l.party_id, l.party_name, u.party_id, u.party_name) AS is_of_other_party,
        coalesce(l.invoice_date <> u.issued_on, FALSE) AS is_of_other_day
    FROM work_judged_cause c
    JOIN work_node n ON n.item_id = c.item_id AND n.side = 'ledger'
    JOIN work_link k ON k.ledger_id = n.record_id
    JOIN work_open_upstream u ON u.record_id = k.upstream_id
    JOIN work_open_ledger l ON l.record_id = k.ledger_id
    LEFT JOIN (SELECT ledger_id, max(n_numbers) AS n_numbers FROM work_named GROUP BY ledger_id) r ON r.ledger_id = k.ledger_id
    WHERE (c.rule IN ('number_list', 'decision') AND c.cause IN ('dead_invoice_booked', 'party_differs', 'date_differs'))
       OR (c.rule = 'combined_sum' AND c.cause = 'number_absent')
),
concerned AS (
    SELECT
        *, greatest(count(DISTINCT upstream_id) OVER of_item, max(n_listed) OVER of_item) AS n_cited
    FROM cited
    WINDOW of_item AS (PARTITION BY item_id)
    QUALIFY n_cited > 1 AND CASE cause WHEN 'dead_invoice_booked' THEN is_void OR is_reversed
                                       WHEN 'party_differs' THEN is_of_other_party
                                       WHEN 'date_differs' THEN is_of_other_day ELSE TRUE END
),
-- Once each, though several lines may cite it.
found AS (
    SELECT DISTINCT
        item_id, cause, n_cited, money, party_name, is_void, is_reversed,
        CASE cause WHEN 'date_differs' THEN concat(number, ' ', issued_on) ELSE number END AS shown, upstream_id
    FROM concerned
),
again AS (
    SELECT 'L:' || ledger_id AS item_id, unnest(invoices) AS upstream_id FROM work_list WHERE is_surplus
),
first_line AS (
    SELECT
        a.item_id, shown_number(u.code, u.number) AS number, a.upstream_id,
        shown_voucher(l.voucher_no, l.posted_on) AS voucher
    FROM again a
    JOIN work_open_upstream u ON u.record_id = a.upstream_id
    LEFT JOIN work_link k ON k.upstream_id = a.upstream_id
    LEFT JOIN work_open_ledger l ON l.record_id = k.ledger_id
)
SELECT
    item_id, any_value(n_cited) AS n_cited,
    CASE any_value(cause) WHEN 'number_absent' THEN list_shown(list(DISTINCT shown)) END AS numbers,
    list_shown(list(DISTINCT shown)) AS other, list_shown(list(DISTINCT party_name)) AS parties,
    sum(money) AS money,
    CASE WHEN any_value(cause) <> 'dead_invoice_booked' THEN NULL WHEN bool_and(is_void) THEN 'hint.void'
         WHEN bool_or(is_void) THEN 'hint.void_or_reversed' ELSE 'hint.reversed' END AS hint_key
FROM found
GROUP BY item_id
UNION ALL
SELECT
    item_id, count(DISTINCT upstream_id), list_shown(list(DISTINCT number)), list_shown(list(DISTINCT voucher)), NULL, NULL,
    NULL
FROM first_line
GROUP BY item_id;
