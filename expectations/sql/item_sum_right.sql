-- Stop: an item's sums are not those of its members, or its difference is not ledger minus upstream.
-- A ledger line without total counts as amount plus tax. Items with a line that has neither are compared by their
-- difference only, which is that of the amounts without tax.
-- Grain: one row per item.
-- Inputs: {batch} = recon__item, recon__member, core_upstream__invoice, core_ledger__entry.
-- Parameters: none.
WITH item AS (
    SELECT * FROM {batch}
),
upstream AS (
    SELECT member.item_id, SUM(invoice.total_cny) AS total_cny, SUM(invoice.amount_cny) AS amount_cny
    FROM recon__member AS member
    INNER JOIN core_upstream__invoice AS invoice USING (record_id)
    WHERE member.side = 'upstream'
    GROUP BY member.item_id
),
line AS (
    SELECT record_id, COALESCE(total_cny, amount_cny + tax_cny) AS total_cny, amount_cny FROM core_ledger__entry
),
ledger AS (
    SELECT
        member.item_id, SUM(line.total_cny) AS total_cny, BOOL_AND(line.total_cny IS NOT NULL) AS has_all_totals,
        CASE WHEN COUNT(line.amount_cny) = COUNT(*) THEN SUM(line.amount_cny) END AS amount_cny
    FROM recon__member AS member
    INNER JOIN line USING (record_id)
    WHERE member.side = 'ledger'
    GROUP BY member.item_id
)
SELECT
    item.item_id AS row_key,
    item.upstream_total_cny,
    upstream.total_cny AS upstream_members_cny,
    item.ledger_total_cny,
    ledger.total_cny AS ledger_members_cny,
    item.difference_cny
FROM item
LEFT JOIN upstream USING (item_id)
LEFT JOIN ledger USING (item_id)
WHERE
    item.upstream_total_cny IS DISTINCT FROM upstream.total_cny
    OR (COALESCE(ledger.has_all_totals, TRUE) AND item.ledger_total_cny IS DISTINCT FROM ledger.total_cny)
    OR item.difference_cny <> CASE WHEN COALESCE(ledger.has_all_totals, TRUE)
        THEN item.ledger_total_cny - item.upstream_total_cny ELSE ledger.amount_cny - upstream.amount_cny END
