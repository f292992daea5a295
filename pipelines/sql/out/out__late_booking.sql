-- What: invoices that were booked in a later month than they were issued, and those still not booked.
-- Grain: one row per upstream invoice.
-- Inputs: out__invoice, out__night.
-- Parameters: none.
CREATE OR REPLACE VIEW out__late_booking AS
SELECT
    i.taxpayer_id, i.direction, i.invoice_number, i.party_name, i.party_tax_id,
    i.issued_at::DATE AS issued_on, i.posted_on, i.vouchers, i.total_cny, i.tax_cny, i.verdict, i.cause,
    date_diff('day', i.issued_at::DATE, COALESCE(i.posted_on, n.as_of::DATE)) AS days_to_booking,
    i.posted_on IS NOT NULL AS is_booked
FROM out__invoice AS i
CROSS JOIN out__night AS n
WHERE date_trunc('month', i.posted_on) > date_trunc('month', i.issued_at) OR i.cause = 'not_booked';
COMMENT ON VIEW out__late_booking IS '跨月入账与逾期未入账 | Booked in a later month than issued, or overdue and not booked';
COMMENT ON COLUMN out__late_booking.party_name IS '对方名称 | the other party''s name';
COMMENT ON COLUMN out__late_booking.party_tax_id IS '对方税号 | the other party''s tax id';
COMMENT ON COLUMN out__late_booking.issued_on IS '开票日期 | day of issue';
COMMENT ON COLUMN out__late_booking.vouchers IS '凭证字号 | voucher numbers, joined by 、';
COMMENT ON COLUMN out__late_booking.days_to_booking IS '入账天数 | days from issue to posting, or to as_of if not booked';
COMMENT ON COLUMN out__late_booking.is_booked IS '是否已入账 | FALSE: still not in the books';
