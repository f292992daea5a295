-- Stop: an item waits without a day on which waiting ends.
-- Grain: one row per item.
-- Inputs: {batch} = recon__item.
-- Parameters: none.
WITH item AS (
    SELECT * FROM {batch}
)
SELECT item_id AS row_key, cause
FROM item
WHERE verdict = 'pending' AND due_on IS NULL
