-- what: what is missing on one side while the other side lacks the same number in the other direction
-- grain: work_elsewhere one row per item of which that is so
-- inputs: work_lone, work_node, work_open_ledger, work_open_upstream, work_reference
-- parameters: none
-- A sale that was booked as a purchase, or the reverse: nothing is linked, but nobody is told to verify, to pay or to book again.

CREATE OR REPLACE TEMP TABLE work_elsewhere AS
WITH lone AS (SELECT n.*, w.cause FROM work_lone w JOIN work_node n USING (item_id)),
line AS (
    SELECT w.item_id, r.number, r.code, l.taxpayer_id, l.direction, l.voucher_no
    FROM lone w
    JOIN work_open_ledger l ON l.record_id = w.record_id
    JOIN work_reference r ON r.ledger_id = w.record_id
    WHERE w.side = 'ledger' AND w.cause <> 'unreadable_reference' AND r.n_numbers = 1
),
pair AS (
    SELECT l.item_id AS ledger_item, i.item_id AS upstream_item, u.direction AS issued_as, l.voucher_no
    FROM line l
    JOIN work_open_upstream u ON u.taxpayer_id = l.taxpayer_id AND u.number = l.number
    JOIN lone i ON i.side = 'upstream' AND i.record_id = u.record_id
    WHERE u.direction <> l.direction AND (length(u.number) = 20 OR u.code = l.code)
)
SELECT
    ledger_item AS item_id, NULL AS other,
    CASE any_value(issued_as) WHEN 'output' THEN 'not_found.of_sales' ELSE 'not_found.of_purchases' END AS key
FROM pair
GROUP BY ledger_item
UNION ALL
SELECT
    upstream_item, list_shown(list(DISTINCT coalesce(voucher_no, '—'))),
    CASE any_value(issued_as) WHEN 'output' THEN 'not_booked.as_purchase' ELSE 'not_booked.as_sale' END
FROM pair
GROUP BY upstream_item;
