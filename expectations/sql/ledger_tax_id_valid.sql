-- Warn: a ledger line carries a tax id with a wrong form or check digit.
-- Grain: one row per ledger line.
-- Inputs: {batch} = core_ledger__entry, macro audit_is_tax_id.
-- Parameters: none.
WITH entry AS (
    SELECT * FROM {batch}
),
party AS (
    SELECT counterparty_tax_id AS tax_id FROM entry
),
-- MIN(tax_id) is the tax id of its group. Without it the filter would be pushed below the grouping and the check digit
-- be worked out for every line and not once per party (7 s for a million).
bad_id AS (
    SELECT tax_id FROM party GROUP BY tax_id HAVING NOT audit_is_tax_id(MIN(tax_id))
)
SELECT record_id AS row_key, counterparty_tax_id
FROM entry
WHERE counterparty_tax_id IN (SELECT tax_id FROM bad_id)
