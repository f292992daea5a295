-- What: the items of a period, each with what it still asks for.
-- Grain: inspection_item, one row per item whose oldest record falls into one of the months.
-- Inputs: recon__item, snapshot_item_period (snapshot/item_period), export_item.
-- Parameters: months, such as 2026-10.
CREATE OR REPLACE TEMP TABLE inspection_item AS
SELECT
    i.item_id, i.taxpayer_id, i.direction, i.verdict, i.cause, i.explanation_zh, i.explanation_en,
    e.action, coalesce(e.at_stake_cny, 0)::DECIMAL(18, 2) AS at_stake_cny, e.due_on, e.vouchers, e.invoice_numbers,
    e.invoice_references, e.party_name
FROM recon__item AS i
JOIN snapshot_item_period AS p ON p.item_id = i.item_id
LEFT JOIN export_item AS e ON e.item_id = i.item_id
WHERE list_contains($months, p.period);
