-- what: verdict material of every item that was not cleared at once, whichever way it came about
-- grain: work_judged one row per item
-- inputs: work_linked, work_lone, work_surplus, work_node, work_candidate, work_open_upstream, work_open_ledger
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_judged AS
WITH surplus AS (
    SELECT
        n.item_id, s.side, s.first_id,
        CASE s.side WHEN 'ledger' THEN 'booked_twice' ELSE 'listed_twice' END AS cause
    FROM work_surplus s JOIN work_node n ON n.side = s.side AND n.record_id = s.record_id
),
caused AS (
    SELECT item_id, cause, rule, differing_fields, NULL::DATE AS due_on, NULL AS first_id, n_upstream, n_ledger,
           FALSE AS is_impossible
    FROM work_linked
    UNION ALL
    SELECT item_id, cause, NULL, []::VARCHAR[], due_on, NULL, (side = 'upstream')::INT, (side = 'ledger')::INT,
           is_impossible
    FROM work_lone
    UNION ALL
    SELECT item_id, cause, NULL, []::VARCHAR[], NULL, first_id, (side = 'upstream')::INT, (side = 'ledger')::INT, FALSE
    FROM surplus
),
upstream AS (
    SELECT
        n.item_id, any_value(u.taxpayer_id) AS taxpayer_id, any_value(u.direction) AS direction,
        sum(u.total_cny) AS upstream_total, sum(u.tax_cny) AS upstream_tax,
        -- The blue invoice names the item: it is issued first.
        arg_min(u.number, (u.is_red, u.issued_on, u.record_id)) AS number,
        arg_min(u.code, (u.is_red, u.issued_on, u.record_id)) AS code,
        arg_min(u.total_cny, (u.is_red, u.issued_on, u.record_id)) AS first_total,
        arg_min(u.status, (u.is_red, u.issued_on, u.record_id)) AS status,
        arg_min(u.party_name, (u.is_red, u.issued_on, u.record_id)) AS party_name,
        min(u.issued_on) AS issued_on
    FROM work_node n JOIN work_open_upstream u ON n.side = 'upstream' AND u.record_id = n.record_id
    GROUP BY n.item_id
),
ledger AS (
    SELECT
        n.item_id, any_value(l.taxpayer_id) AS taxpayer_id, any_value(l.direction) AS direction,
        CASE WHEN count(l.line_total) = count(*) THEN sum(l.line_total) ELSE sum(coalesce(l.line_total, l.line_amount))
        END AS ledger_total,
        count(l.line_total) = count(*) AS is_total_known,
        sum(l.tax_cny) AS ledger_tax,
        array_to_string(list(DISTINCT l.voucher_no ORDER BY l.voucher_no)[:4], '、') AS voucher,
        arg_min(shown_number(l.invoice_code, l.invoice_reference), (l.posted_on, l.record_id)) AS reference,
        arg_min(l.party_name, (l.posted_on, l.record_id)) AS party_name,
        min(l.posted_on) AS posted_on, min(l.invoice_date) AS invoice_date
    FROM work_node n JOIN work_open_ledger l ON n.side = 'ledger' AND l.record_id = n.record_id
    GROUP BY n.item_id
)
SELECT
    c.*, coalesce(u.taxpayer_id, l.taxpayer_id) AS taxpayer_id, coalesce(u.direction, l.direction) AS direction,
    u.upstream_total, u.upstream_tax, u.number, u.code, u.first_total, u.status, u.party_name AS upstream_party,
    u.issued_on, l.ledger_total, l.is_total_known, l.ledger_tax, l.voucher, l.reference, l.party_name AS ledger_party,
    l.posted_on, l.invoice_date, k.candidates, k.why_not, coalesce(k.n_candidates, 0) AS n_candidates
FROM caused c
LEFT JOIN upstream u ON u.item_id = c.item_id
LEFT JOIN ledger l ON l.item_id = c.item_id
LEFT JOIN work_candidate k ON k.item_id = c.item_id;
