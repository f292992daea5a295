-- what: verdict material of every item that was not cleared at once, whichever way it came about
-- grain: work_judged, work_judged_cause, work_judged_half, work_judged_upstream, work_judged_ledger one row per item
-- inputs: work_linked, work_lone, work_surplus, work_node, work_candidate, work_open_upstream, work_open_ledger
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_judged_upstream AS
WITH of_many AS (SELECT item_id FROM work_node WHERE side = 'upstream' GROUP BY item_id HAVING count(*) > 1),
invoice AS (
    SELECT
        n.item_id, n.item_id IN (SELECT item_id FROM of_many) AS is_of_many, u.record_id, u.taxpayer_id, u.direction,
        u.total_cny, u.amount_cny, u.tax_cny, u.number, u.code, u.status, u.issued_on, u.is_red,
        coalesce(u.party_name, u.party_id) AS party_name
    FROM work_node n JOIN work_open_upstream u ON n.side = 'upstream' AND u.record_id = n.record_id
)
SELECT
    item_id, any_value(taxpayer_id) AS taxpayer_id, any_value(direction) AS direction,
    sum(total_cny) AS upstream_total, sum(amount_cny) AS upstream_amount, sum(tax_cny) AS upstream_tax,
    -- The blue invoice names the item, of several the one that is dead, else the first.
    arg_min(number, place) AS number, arg_min_null(code, place) AS code, arg_min(total_cny, place) AS first_total,
    sum(abs(total_cny)) AS gross_total, sum(abs(amount_cny)) AS gross_amount,
    arg_min(status, place) AS status, arg_min(party_name, place) AS party_name,
    min(issued_on) AS issued_on
FROM (
    SELECT *, (is_red, status NOT IN ('void', 'red_full'), issued_on, record_id) AS place
    FROM invoice
    WHERE is_of_many
)
GROUP BY item_id
UNION ALL
-- Most items have one record a side: nothing to add up.
SELECT
    item_id, taxpayer_id, direction, total_cny, amount_cny, tax_cny, number, code, total_cny, abs(total_cny), abs(amount_cny),
    status, party_name, issued_on
FROM invoice
WHERE NOT is_of_many;

CREATE OR REPLACE TEMP TABLE work_judged_ledger AS
WITH of_many AS (SELECT item_id FROM work_node WHERE side = 'ledger' GROUP BY item_id HAVING count(*) > 1),
entry AS (
    SELECT
        n.item_id, n.item_id IN (SELECT item_id FROM of_many) AS is_of_many, l.record_id, l.taxpayer_id, l.direction,
        l.line_total, l.line_amount, l.amount_cny, l.tax_cny, l.posted_on, l.invoice_date,
        nullif(CASE WHEN l.invoice_reference IS NULL AND strlen(l.invoice_code) = 20 THEN l.invoice_code
                    ELSE shown_number(CASE WHEN strlen(l.invoice_code) > 8 THEN l.invoice_code END, l.invoice_reference)
               END, '') AS reference,
        coalesce(l.party_name, l.party_id) AS party_name,
        shown_voucher(l.voucher_no, l.posted_on) AS voucher, l.says_no_invoice
    FROM work_node n JOIN work_open_ledger l ON n.side = 'ledger' AND l.record_id = n.record_id
)
SELECT
    item_id, any_value(taxpayer_id) AS taxpayer_id, any_value(direction) AS direction,
    CASE WHEN count(line_total) = count(*) THEN sum(line_total) WHEN count(line_amount) = count(*) THEN sum(line_amount)
         ELSE sum(line_total) END AS ledger_total,
    count(line_total) = count(*) AS is_total_known,
    -- Some lines keep only the total, some only the amount without tax: this much is still to be counted with tax.
    CASE WHEN count(line_total) < count(*) AND count(line_amount) < count(*)
         THEN sum(line_amount) FILTER (line_total IS NULL) END AS mixed_amount,
    CASE WHEN count(amount_cny) = count(*) THEN sum(amount_cny)
         WHEN count(line_total) < count(*) AND count(line_amount) = count(*) THEN sum(line_amount) END AS ledger_amount,
    CASE WHEN count(tax_cny) = count(*) THEN sum(tax_cny) END AS ledger_tax,
    list_shown(list(DISTINCT voucher)) AS voucher,
    arg_min(reference, (posted_on, record_id)) AS reference,
    arg_min(party_name, (posted_on, record_id)) AS party_name,
    min(posted_on) AS posted_on, min(invoice_date) AS invoice_date, FALSE AS says_no_invoice
FROM entry
WHERE is_of_many
GROUP BY item_id
UNION ALL
SELECT
    item_id, taxpayer_id, direction, coalesce(line_total, line_amount), line_total IS NOT NULL, NULL, amount_cny, tax_cny,
    voucher, reference, party_name, posted_on, invoice_date, says_no_invoice
FROM entry
WHERE NOT is_of_many;

-- The sides are joined one after the other: each join may take all the memory.
CREATE OR REPLACE TEMP TABLE work_judged_cause AS
WITH surplus AS (
    SELECT
        n.item_id, s.side, s.first_id,
        CASE s.side WHEN 'ledger' THEN 'booked_twice' ELSE 'listed_twice' END AS cause
    FROM work_surplus s JOIN work_node n ON n.side = s.side AND n.record_id = s.record_id
),
caused AS (
    SELECT item_id, cause, rule, differing_fields, NULL::DATE AS due_on, NULL AS first_id, n_upstream, n_ledger,
           FALSE AS is_impossible, FALSE AS is_unreadable, FALSE AS is_awaited, is_partly_reversed
    FROM work_linked
    UNION ALL
    SELECT item_id, cause, NULL, []::VARCHAR[], due_on, NULL, (side = 'upstream')::INT, (side = 'ledger')::INT,
           is_impossible, is_unreadable, is_awaited, FALSE
    FROM work_lone
    UNION ALL
    SELECT item_id, cause, NULL, []::VARCHAR[], NULL, first_id, (side = 'upstream')::INT, (side = 'ledger')::INT, FALSE,
           FALSE, FALSE, FALSE
    FROM surplus
)
SELECT c.*, k.candidates, k.why_not, coalesce(k.n_candidates, 0) AS n_candidates
FROM caused c
LEFT JOIN work_candidate k ON k.item_id = c.item_id;

CREATE OR REPLACE TEMP TABLE work_judged_half AS
SELECT
    c.*, u.taxpayer_id, u.direction, u.upstream_total, u.upstream_amount, u.upstream_tax, u.number, u.code, u.first_total,
    u.gross_total, u.gross_amount, u.status, u.party_name AS upstream_party, u.issued_on
FROM work_judged_cause c
LEFT JOIN work_judged_upstream u ON u.item_id = c.item_id;

-- A view: `hinted` reads it once, and joins the last side as it does.
CREATE OR REPLACE TEMP VIEW work_judged AS
SELECT
    c.* REPLACE (coalesce(c.taxpayer_id, l.taxpayer_id) AS taxpayer_id, coalesce(c.direction, l.direction) AS direction),
    CASE WHEN l.mixed_amount IS NULL THEN l.ledger_total
         ELSE l.ledger_total + at_rate_of(l.mixed_amount, c.gross_total, c.gross_amount) END AS ledger_total,
    l.is_total_known OR l.mixed_amount IS NOT NULL AS is_total_known, l.mixed_amount IS NOT NULL AS is_mixed,
    l.ledger_amount, l.ledger_tax, l.voucher, l.reference,
    l.party_name AS ledger_party, l.posted_on, l.invoice_date, l.says_no_invoice
FROM work_judged_half c
LEFT JOIN work_judged_ledger l ON l.item_id = c.item_id;

DROP TABLE work_judged_upstream;
