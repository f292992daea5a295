-- What: invoices that the tax system holds void or fully reversed, and that the books still carry.
-- Grain: one row per item.
-- Inputs: out__open_item.
-- Parameters: none.
CREATE OR REPLACE VIEW out__dead_invoice_booked AS
SELECT
    item_id, taxpayer_id, direction, invoice_numbers, upstream_status, vouchers, party_name, issued_on, posted_on,
    at_stake_cny, ledger_tax_cny, first_night, open_days, explanation_zh, explanation_en, upstream_places, ledger_places
FROM out__open_item
WHERE cause = 'dead_invoice_booked';
COMMENT ON VIEW out__dead_invoice_booked IS '已作废或已红冲仍在账上 | Void or fully reversed upstream, still in the books';
