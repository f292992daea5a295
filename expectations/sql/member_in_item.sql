-- Stop: a member names an item that is not there.
-- Grain: one row per member.
-- Inputs: {batch} = recon__member, recon__item.
-- Parameters: none.
WITH member AS (
    SELECT * FROM {batch}
)
SELECT member.side || '|' || member.record_id AS row_key, member.item_id
FROM member
ANTI JOIN recon__item USING (item_id)
