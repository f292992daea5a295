-- What: surplus records: booked twice or listed twice. The other one stays with the invoice.
-- Grain: one row per item.
-- Inputs: out__open_item.
-- Parameters: none.
CREATE OR REPLACE VIEW out__duplicate AS
SELECT
    item_id, taxpayer_id, direction, cause, invoice_numbers, invoice_references, vouchers, party_name, issued_on, posted_on,
    at_stake_cny, first_night, explanation_zh, explanation_en, upstream_places, ledger_places
FROM out__open_item
WHERE verdict = 'duplicate';
COMMENT ON VIEW out__duplicate IS '重复入账或重复列示 | Booked twice or listed twice: the surplus records';
