-- What: each invoice that is known from e-files, what they say, and how it fits the tax system and the books.
-- Grain: one row per e-invoice, taxpayer and direction.
-- Inputs: recon__witness, recon__item, core_upstream__invoice, core_ledger__entry, recon__member.
-- Parameters: none.
CREATE OR REPLACE VIEW out__witness AS
SELECT
    w.witness_id, w.taxpayer_id, w.direction, w.invoice_code, w.invoice_number, w.issued_at, w.party_name, w.party_tax_id,
    w.amount_cny, w.tax_cny, w.total_cny, w.is_red, w.finding, w.is_finding, w.explanation_zh, w.explanation_en,
    w.differing_fields, u.total_cny AS upstream_total_cny, u.status, i.ledger_total_cny, w.is_booked, booked.vouchers,
    w.witnesses, array_to_string(w.source_files, '、') AS source_files, w.item_id, i.verdict, i.cause,
    w.upstream_record_id
FROM recon__witness AS w
LEFT JOIN recon__item AS i ON i.item_id = w.item_id
LEFT JOIN core_upstream__invoice AS u ON u.record_id = w.upstream_record_id
LEFT JOIN (
    SELECT m.item_id, string_agg(DISTINCT l.voucher_no, '、' ORDER BY l.voucher_no) AS vouchers
    FROM recon__member AS m
    JOIN core_ledger__entry AS l ON l.record_id = m.record_id
    WHERE m.side = 'ledger'
    GROUP BY m.item_id
) AS booked ON booked.item_id = w.item_id;
COMMENT ON VIEW out__witness IS '电子发票与税务系统、账的比对 | E-invoices beside the tax system and the books';
COMMENT ON COLUMN out__witness.vouchers IS '凭证字号 | voucher numbers, joined by 、';
COMMENT ON COLUMN out__witness.source_files IS '来源文件 | names of the e-files, joined by 、';
COMMENT ON COLUMN out__witness.upstream_total_cny IS '税务系统的价税合计（元） | total with tax in the tax system';
COMMENT ON COLUMN out__witness.ledger_total_cny IS '账上的价税合计（元） | total on the books, over the lines of the item';
