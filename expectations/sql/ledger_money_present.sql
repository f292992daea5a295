-- Stop: a ledger line has neither an amount nor a total, so there is nothing to compare.
-- Grain: one row per ledger line.
-- Inputs: {batch} = core_ledger__entry.
-- Parameters: none.
WITH entry AS (
    SELECT * FROM {batch}
)
SELECT record_id AS row_key
FROM entry
WHERE amount_cny IS NULL AND total_cny IS NULL
