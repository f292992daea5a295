-- What: what was found, and how much of it is still open.
-- Grain: one row per verdict and cause that occurs. Inputs: inspection_item. Parameters: causes (their order).
SELECT
    verdict, cause, count(*) AS items,
    count(*) FILTER (WHERE action IS NOT NULL AND action <> 'decided') AS open_items,
    count(*) FILTER (WHERE action = 'decided') AS decided_items,
    coalesce(sum(at_stake_cny) FILTER (WHERE action IS NOT NULL AND action <> 'decided'), 0)::DECIMAL(38, 2)
        AS open_cny
FROM inspection_item
GROUP BY verdict, cause
ORDER BY list_position($causes, cause);
