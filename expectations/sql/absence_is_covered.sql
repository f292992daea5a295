-- Stop: absence from the tax system is claimed of a day that was not fully received.
-- A ledger line without an invoice date cannot be checked here.
-- Grain: one row per item.
-- Inputs: {batch} = recon__item, recon__member, core_ledger__entry, core_upstream__coverage.
-- Parameters: none.
WITH item AS (
    SELECT * FROM {batch}
)
SELECT DISTINCT item.item_id AS row_key, entry.invoice_date
FROM item
INNER JOIN recon__member AS member ON item.item_id = member.item_id AND member.side = 'ledger'
INNER JOIN core_ledger__entry AS entry USING (record_id)
LEFT JOIN core_upstream__coverage AS coverage
    ON
        entry.taxpayer_id = coverage.taxpayer_id
        AND entry.direction = coverage.direction
        AND entry.invoice_date = coverage.issue_date
WHERE
    item.verdict = 'missing_upstream'
    AND entry.invoice_date IS NOT NULL
    AND coverage.is_complete IS DISTINCT FROM TRUE
