-- Stop: an item has no member.
-- Grain: one row per item.
-- Inputs: {batch} = recon__item, recon__member.
-- Parameters: none.
WITH item AS (
    SELECT * FROM {batch}
)
SELECT item.item_id AS row_key
FROM item
ANTI JOIN recon__member USING (item_id)
