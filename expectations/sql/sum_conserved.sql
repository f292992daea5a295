-- Stop: money got lost or was counted twice between the core tables and the members of the items.
-- Grain: one row per side, taxpayer and direction.
-- Inputs: {batch} = recon__member, core_upstream__invoice, core_ledger__entry.
-- Parameters: none.
WITH member AS (
    SELECT * FROM {batch}
),
record AS (
    SELECT 'upstream' AS side, record_id, taxpayer_id, direction, amount_cny, total_cny FROM core_upstream__invoice
    UNION ALL
    SELECT 'ledger', record_id, taxpayer_id, direction, amount_cny, total_cny FROM core_ledger__entry
),
over_records AS (
    SELECT side, taxpayer_id, direction, SUM(amount_cny) AS amount_cny, SUM(total_cny) AS total_cny
    FROM record
    GROUP BY ALL
),
over_members AS (
    SELECT side, taxpayer_id, direction, SUM(amount_cny) AS amount_cny, SUM(total_cny) AS total_cny
    FROM member
    INNER JOIN record USING (side, record_id)
    GROUP BY ALL
)
SELECT
    side || '|' || taxpayer_id || '|' || direction AS row_key,
    over_records.amount_cny AS record_amount_cny,
    over_members.amount_cny AS member_amount_cny,
    over_records.total_cny AS record_total_cny,
    over_members.total_cny AS member_total_cny
FROM over_records
LEFT JOIN over_members USING (side, taxpayer_id, direction)
WHERE
    over_records.amount_cny IS DISTINCT FROM over_members.amount_cny
    OR over_records.total_cny IS DISTINCT FROM over_members.total_cny
