-- What: each ledger line with its verdict and the invoices that it was linked to.
-- Grain: one row per ledger line.
-- Inputs: core_ledger__entry, recon__member, recon__item, core_upstream__invoice.
-- Parameters: none.
CREATE OR REPLACE VIEW out__entry AS
SELECT
    l.record_id, l.taxpayer_id, l.direction, l.posted_on, l.voucher_no, l.invoice_reference,
    l.counterparty_name, l.counterparty_tax_id, l.amount_cny, l.tax_cny, l.total_cny, l.summary,
    i.item_id, i.verdict, i.cause, i.needs_review,
    linked.invoice_numbers, linked.issued_on, i.upstream_total_cny, i.difference_cny,
    i.explanation_zh, i.explanation_en, l.source_file, l.source_row
FROM core_ledger__entry AS l
LEFT JOIN recon__member AS m ON m.record_id = l.record_id AND m.side = 'ledger'
LEFT JOIN recon__item AS i ON i.item_id = m.item_id
LEFT JOIN (
    SELECT
        um.item_id,
        string_agg(DISTINCT u.shown, '、' ORDER BY u.shown) AS invoice_numbers,
        min(u.issued_at)::DATE AS issued_on
    FROM recon__member AS um
    JOIN (
        SELECT
            record_id, issued_at,
            CASE WHEN length(invoice_number) = 8 AND invoice_code IS NOT NULL
                 THEN invoice_code || '-' || invoice_number ELSE invoice_number END AS shown
        FROM core_upstream__invoice
    ) AS u ON u.record_id = um.record_id
    WHERE um.side = 'upstream'
    GROUP BY um.item_id
) AS linked ON linked.item_id = m.item_id;
COMMENT ON VIEW out__entry IS '每条账上分录及其税务发票 | Each ledger line, its verdict and its invoices';
COMMENT ON COLUMN out__entry.invoice_numbers IS
    '税务系统的发票号码（8 位的带代码） | upstream invoice numbers, 8 digits with their code, joined by 、';
COMMENT ON COLUMN out__entry.issued_on IS '开票日期 | earliest day of issue of its invoices; NULL if not upstream';
