-- Stop: a core record is in no item.
-- Grain: one row per record.
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
SELECT record.side || '|' || record.record_id AS row_key
FROM record
ANTI JOIN member USING (side, record_id)
