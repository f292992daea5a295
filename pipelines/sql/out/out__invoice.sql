-- What: each invoice of the tax system with its verdict and the ledger lines that carry it.
-- Grain: one row per upstream invoice.
-- Inputs: core_upstream__invoice, recon__member, recon__item, core_ledger__entry.
-- Parameters: none.
CREATE OR REPLACE VIEW out__invoice AS
SELECT
    u.record_id, u.taxpayer_id, u.direction, u.invoice_code, u.invoice_number, u.kind, u.issued_at,
    CASE u.direction WHEN 'input' THEN u.seller_name ELSE u.buyer_name END AS party_name,
    CASE u.direction WHEN 'input' THEN u.seller_tax_id ELSE u.buyer_tax_id END AS party_tax_id,
    u.amount_cny, u.tax_cny, u.total_cny, u.status, u.is_red,
    i.item_id, i.verdict, i.cause, i.needs_review,
    booked.entries AS ledger_entries, booked.vouchers, booked.posted_on, i.ledger_total_cny, i.difference_cny,
    i.explanation_zh, i.explanation_en, u.source_file, u.source_row
FROM core_upstream__invoice AS u
LEFT JOIN recon__member AS m ON m.record_id = u.record_id AND m.side = 'upstream'
LEFT JOIN recon__item AS i ON i.item_id = m.item_id
LEFT JOIN (
    SELECT
        lm.item_id,
        count(*) AS entries,
        string_agg(DISTINCT l.voucher_no, '、' ORDER BY l.voucher_no) AS vouchers,
        min(l.posted_on) AS posted_on
    FROM recon__member AS lm
    JOIN core_ledger__entry AS l ON l.record_id = lm.record_id
    WHERE lm.side = 'ledger'
    GROUP BY lm.item_id
) AS booked ON booked.item_id = m.item_id;
COMMENT ON VIEW out__invoice IS '每张税务发票及其账上凭证 | Each upstream invoice, its verdict and its vouchers';
COMMENT ON COLUMN out__invoice.party_name IS '对方名称 | the other party''s name';
COMMENT ON COLUMN out__invoice.party_tax_id IS '对方税号 | the other party''s tax id';
COMMENT ON COLUMN out__invoice.ledger_entries IS '账上分录数 | ledger lines in the same item; NULL if not booked';
COMMENT ON COLUMN out__invoice.vouchers IS '凭证字号 | voucher numbers, joined by 、';
COMMENT ON COLUMN out__invoice.kind IS '票种 | kind of invoice, normalised';
