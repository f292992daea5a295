-- Warn: an invoice carries a tax id with a wrong form or check digit.
-- Grain: one row per invoice.
-- Inputs: {batch} = core_upstream__invoice, macro audit_is_tax_id.
-- Parameters: none.
WITH invoice AS (
    SELECT * FROM {batch}
),
-- judged once per distinct id: the same few parties stand on most invoices
bad_id AS (
    SELECT tax_id
    FROM (SELECT seller_tax_id AS tax_id FROM invoice UNION SELECT buyer_tax_id FROM invoice)
    WHERE NOT audit_is_tax_id(tax_id)
)
SELECT record_id AS row_key, seller_tax_id, buyer_tax_id
FROM invoice
WHERE seller_tax_id IN (SELECT tax_id FROM bad_id) OR buyer_tax_id IN (SELECT tax_id FROM bad_id)
