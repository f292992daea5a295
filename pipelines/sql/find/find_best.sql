-- What: the best of the items that were found, and how many there are.
-- Grain: one row per item, best first, then in the order of the published items.
-- Inputs: find_candidate.
-- Parameters: $limit.
SELECT item_row, count(*) OVER () AS hits
FROM find_candidate
GROUP BY item_row
ORDER BY min(distance), item_row
LIMIT $limit;
