-- What: what is still open, the largest sum first.
-- Grain: one row per item that asks something and that no person has set aside. Inputs: inspection_item.
-- Parameters: none.
SELECT
    action, cause, at_stake_cny, explanation_zh, explanation_en, invoice_numbers, invoice_references, vouchers,
    party_name, due_on, direction, taxpayer_id, item_id
FROM inspection_item
WHERE action IS NOT NULL AND action <> 'decided'
ORDER BY action = 'wait', at_stake_cny DESC, item_id;
