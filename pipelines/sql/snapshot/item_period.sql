-- What: the month that a reconciliation item is kept under: the month of its oldest record (issue or posting date).
--       A month is kept together, so a change in one month rewrites the files of that month only.
-- Grain: one row per item_id.
-- Inputs: recon__member, core_upstream__invoice, core_ledger__entry.
-- Parameters: none.
CREATE OR REPLACE TEMP TABLE snapshot_item_period AS
WITH dated AS (
    SELECT m.item_id, CAST(u.issued_at AS DATE) AS happened_on
    FROM recon__member AS m
    JOIN core_upstream__invoice AS u ON u.record_id = m.record_id
    WHERE m.side = 'upstream'
    UNION ALL
    SELECT m.item_id, l.posted_on AS happened_on
    FROM recon__member AS m
    JOIN core_ledger__entry AS l ON l.record_id = m.record_id
    WHERE m.side = 'ledger'
)
SELECT item_id, strftime(min(happened_on), '%Y-%m') AS period
FROM dated
GROUP BY item_id;
