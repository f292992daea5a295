-- Stop: a member names a record that is not there.
-- Grain: one row per member.
-- Inputs: {batch} = recon__member, core_upstream__invoice, core_ledger__entry.
-- Parameters: none.
WITH member AS (
    SELECT * FROM {batch}
),
record AS (
    SELECT 'upstream' AS side, record_id FROM core_upstream__invoice
    UNION ALL
    SELECT 'ledger', record_id FROM core_ledger__entry
)
SELECT member.side || '|' || member.record_id AS row_key, member.item_id
FROM member
ANTI JOIN record USING (side, record_id)
