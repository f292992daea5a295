-- What: booked lines whose invoice no e-file was delivered for: the e-file has to be kept with the voucher. Only of
--       taxpayers and directions that deliver e-files, from the month of the oldest of them.
-- Grain: one row per ledger line.
-- Inputs: out__entry, recon__witness.
-- Parameters: none.
CREATE OR REPLACE VIEW out__entry_without_file AS
WITH delivering AS (
    SELECT taxpayer_id, direction, date_trunc('month', min(issued_at)) AS since
    FROM recon__witness
    WHERE taxpayer_id IS NOT NULL AND direction IS NOT NULL
    GROUP BY ALL
)
SELECT
    e.record_id, e.taxpayer_id, e.direction, e.posted_on, e.voucher_no, e.invoice_reference, e.counterparty_name,
    e.counterparty_tax_id, e.amount_cny, e.tax_cny, e.total_cny, e.item_id, e.verdict, e.cause, e.invoice_numbers,
    e.issued_on, e.source_file, e.source_row
FROM out__entry AS e
JOIN delivering AS d ON d.taxpayer_id = e.taxpayer_id AND d.direction = e.direction
WHERE coalesce(e.issued_on, e.posted_on) >= d.since
  AND NOT EXISTS (SELECT 1 FROM recon__witness AS w WHERE w.item_id = e.item_id);
COMMENT ON VIEW out__entry_without_file IS '已入账但没有电子文件的分录 | Booked lines without the e-file of their invoice';
COMMENT ON COLUMN out__entry_without_file.invoice_numbers IS
    '税务系统的发票号码（8 位的带代码） | upstream invoice numbers, 8 digits with their code, joined by 、';
COMMENT ON COLUMN out__entry_without_file.issued_on IS '开票日期 | earliest day of issue of its invoices; NULL if not upstream';
