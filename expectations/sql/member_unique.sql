-- Stop: a record is a member more than once: its money would be counted twice.
-- Grain: one row per side and record.
-- Inputs: {batch} = recon__member.
-- Parameters: none.
WITH member AS (
    SELECT * FROM {batch}
)
SELECT side || '|' || record_id AS row_key, COUNT(*) AS member_count
FROM member
GROUP BY side, record_id
HAVING COUNT(*) > 1
