-- Stop: a verdict that is only the likely explanation does not ask for a person.
-- Grain: one row per item.
-- Inputs: {batch} = recon__item.
-- Parameters: none.
WITH item AS (
    SELECT * FROM {batch}
)
SELECT item_id AS row_key, verdict, cause
FROM item
WHERE basis = 'likely' AND needs_review IS DISTINCT FROM TRUE
