-- what: one step of joining groups: every record takes the greatest group name among its neighbours and itself
-- grain: work_group as before; returns how many records changed
-- inputs: work_group, work_edge
-- parameters: none
-- 'U:' sorts after 'L:', so an item is named after an upstream member if it has one and keeps its name once it is matched.

CREATE OR REPLACE TEMP TABLE work_change AS
SELECT n.node, max(neighbour.item_id) AS item_id
FROM work_group n
JOIN work_edge e ON e.a = n.node
JOIN work_group neighbour ON neighbour.node = e.b
GROUP BY n.node
HAVING max(neighbour.item_id) > any_value(n.item_id);

UPDATE work_group SET item_id = c.item_id FROM work_change c WHERE work_group.node = c.node;

SELECT count(*) FROM work_change;
