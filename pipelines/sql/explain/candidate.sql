-- what: the records that were compared at each step, with what agrees and what differs
-- grain: one row per step and record compared: those that the sentence names, then the best
-- inputs: explain_pair, work_upstream, work_ledger, work_reference, published.recon__item, published.recon__member
-- parameters: $tolerance
-- What one side does not keep neither agrees nor differs; nor does the money of a line that cites several invoices.

WITH compared AS (
    SELECT
        p.side, p.record_id, p.step, p.other_id, p.why_not,
        shown_number(u.code, u.number) AS number, u.issued_on, u.total_cny AS upstream_total,
        u.party_name AS upstream_party,
        l.voucher_no, l.invoice_reference, l.posted_on, coalesce(l.line_total, l.line_amount) AS ledger_total,
        l.party_name AS ledger_party,
        CASE WHEN l.record_id NOT IN (SELECT ledger_id FROM work_reference WHERE n_numbers > 1)
             THEN coalesce(abs(l.total_cny - u.total_cny), abs(l.amount_cny - u.amount_cny)) <= $tolerance
        END AS money,
        party_agrees(l.party_id, l.party_name, u.party_id, u.party_name) AS party,
        l.invoice_date = u.issued_on AS date,
        abs(l.tax_cny - u.tax_cny) <= $tolerance AS tax
    FROM explain_pair AS p
    JOIN work_upstream AS u ON u.record_id = CASE p.side WHEN 'upstream' THEN p.record_id ELSE p.other_id END
    JOIN work_ledger AS l ON l.record_id = CASE p.side WHEN 'ledger' THEN p.record_id ELSE p.other_id END
)
SELECT
    c.side, c.record_id, c.step, c.other_id, m.item_id,
    CASE c.side WHEN 'ledger' THEN c.number ELSE c.invoice_reference END AS number,
    CASE c.side WHEN 'upstream' THEN c.voucher_no END AS voucher_no,
    CASE c.side WHEN 'ledger' THEN c.issued_on ELSE c.posted_on END AS day,
    CASE c.side WHEN 'ledger' THEN c.upstream_total ELSE c.ledger_total END AS total_cny,
    CASE c.side WHEN 'ledger' THEN c.upstream_party ELSE c.ledger_party END AS party,
    list_filter([CASE WHEN c.money THEN 'money' END, CASE WHEN c.party THEN 'party' END,
                 CASE WHEN c.date THEN 'date' END, CASE WHEN c.money IS NOT NULL AND c.tax THEN 'tax' END], lambda field: field IS NOT NULL) AS agrees,
    list_filter([CASE WHEN NOT c.money THEN 'money' END, CASE WHEN NOT c.party THEN 'party' END,
                 CASE WHEN NOT c.date THEN 'date' END, CASE WHEN c.money IS NOT NULL AND NOT c.tax THEN 'tax' END], lambda field: field IS NOT NULL) AS differs,
    c.why_not
FROM compared AS c
LEFT JOIN published.recon__member AS m
  ON m.side = CASE c.side WHEN 'ledger' THEN 'upstream' ELSE 'ledger' END AND m.record_id = c.other_id
LEFT JOIN published.recon__member AS own ON own.side = c.side AND own.record_id = c.record_id
LEFT JOIN published.recon__item AS i ON i.item_id = own.item_id
ORDER BY c.side, c.record_id, c.step, list_position(i.candidates, c.other_id) NULLS LAST, c.why_not IS NOT NULL, len(agrees) DESC,
         c.other_id;
