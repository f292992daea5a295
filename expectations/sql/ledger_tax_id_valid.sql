-- Warn: a ledger line carries a tax id with a wrong form or check digit.
-- Grain: one row per ledger line.
-- Inputs: {batch} = core_ledger__entry, macro audit_is_tax_id.
-- Parameters: none.
WITH entry AS (
    SELECT * FROM {batch}
),
-- judged once per distinct id: the same few parties stand on most lines
bad_id AS (
    SELECT tax_id
    FROM (SELECT DISTINCT counterparty_tax_id AS tax_id FROM entry)
    WHERE NOT audit_is_tax_id(tax_id)
)
SELECT record_id AS row_key, counterparty_tax_id
FROM entry
WHERE counterparty_tax_id IN (SELECT tax_id FROM bad_id)
