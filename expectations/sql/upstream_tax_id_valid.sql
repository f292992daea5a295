-- Warn: an invoice carries a tax id with a wrong form or check digit.
-- Grain: one row per invoice.
-- Inputs: {batch} = core_upstream__invoice, macro audit_is_tax_id.
-- Parameters: none.
WITH invoice AS (
    SELECT * FROM {batch}
),
party AS (
    SELECT seller_tax_id AS tax_id FROM invoice
    UNION ALL
    SELECT buyer_tax_id FROM invoice
),
-- MIN(tax_id) is the tax id of its group. Without it the filter would be pushed below the grouping and the check digit
-- be worked out for every invoice and not once per party (7 s for a million).
bad_id AS (
    SELECT tax_id FROM party GROUP BY tax_id HAVING NOT audit_is_tax_id(MIN(tax_id))
)
SELECT record_id AS row_key, seller_tax_id, buyer_tax_id
FROM invoice
WHERE seller_tax_id IN (SELECT tax_id FROM bad_id) OR buyer_tax_id IN (SELECT tax_id FROM bad_id)
