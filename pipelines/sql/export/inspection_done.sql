-- What: what was done: decisions of people, findings that are settled, changes since a month was filed.
-- Grain: one row per decision on an item of the period; per cause and night of findings that went; per adjustment.
-- Inputs: out__decision, inspection_item, night__finding, out__adjustment.
-- Parameters: months.
-- Findings that went are counted where their item still stands: a corrected record can be part of another item.
SELECT
    'decision' AS deed, d.kind AS detail, i.cause, 1 AS items, i.at_stake_cny AS money_cny,
    d.decided_at::DATE::VARCHAR AS done_on, d.decided_by AS done_by, d.reason, d.state, i.item_id
FROM out__decision AS d
JOIN inspection_item AS i ON i.item_id = d.item_id
UNION ALL
SELECT
    'settled', NULL, f.cause, count(*), NULL,
    strptime(left(f.gone_night, 8), '%Y%m%d')::DATE::VARCHAR, NULL, NULL, NULL, NULL
FROM night__finding AS f
JOIN inspection_item AS i ON i.item_id = f.item_id
WHERE f.gone_night IS NOT NULL AND i.cause <> f.cause
GROUP BY f.cause, f.gone_night
UNION ALL
SELECT
    'adjustment', kind, coalesce(found_cause, filed_cause), 1, upstream_change_cny,
    strptime(left(first_night, 8), '%Y%m%d')::DATE::VARCHAR, NULL, NULL, NULL, item_id
FROM out__adjustment
WHERE list_contains($months, period)
ORDER BY deed, done_on, cause, item_id;
