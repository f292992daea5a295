-- Stop: an item that both sides show is called matched though its difference is above the tolerance, or nothing was compared.
-- A reversed invoice may stand without its red one beside lines that cancel: there the ledger comes to nothing by itself.
-- Grain: one row per item.
-- Inputs: {batch} = recon__item, recon__member, audit_parameter.
-- Parameters: audit_parameter.within_tolerance_cny.
WITH item AS (
    SELECT * FROM {batch}
),
two_sided AS (
    SELECT item_id FROM recon__member GROUP BY item_id HAVING COUNT(DISTINCT side) = 2
)
SELECT item.item_id AS row_key, item.cause, item.upstream_total_cny, item.ledger_total_cny, item.difference_cny
FROM item
SEMI JOIN two_sided USING (item_id)
CROSS JOIN audit_parameter
WHERE
    item.verdict = 'matched'
    AND COALESCE(ABS(item.difference_cny) > audit_parameter.within_tolerance_cny, TRUE)
    AND NOT (
        item.cause = 'red_letter_netted'
        AND COALESCE(ABS(item.ledger_total_cny) <= audit_parameter.within_tolerance_cny, FALSE)
    )
