-- what: one step of joining groups: every record, and the record that its group is named after, takes the greatest group name
--       among its neighbours, and the name that its own group's namesake has by now
-- grain: work_group as before; returns how many records changed
-- inputs: work_group, work_edge
-- parameters: none
-- Names travel along whole groups and not from record to record, so that a chain of n records takes some log n steps. 'U:' sorts
-- after 'L:': an item is named after an upstream member if it has one and keeps its name once it is matched.

CREATE OR REPLACE TEMP TABLE work_change AS
WITH met AS (
    SELECT n.node, n.item_id, neighbour.item_id AS met_id
    FROM work_edge e
    JOIN work_group n ON n.node = e.a
    JOIN work_group neighbour ON neighbour.node = e.b
    WHERE neighbour.item_id > n.item_id
),
offered AS (
    SELECT node, met_id FROM met
    UNION ALL
    SELECT item_id, met_id FROM met
    UNION ALL
    SELECT n.node, namesake.item_id
    FROM work_group n
    JOIN work_group namesake ON namesake.node = n.item_id
    WHERE namesake.item_id > n.item_id
)
SELECT o.node, max(o.met_id) AS item_id
FROM offered o
JOIN work_group n ON n.node = o.node
GROUP BY o.node
HAVING max(o.met_id) > any_value(n.item_id);

UPDATE work_group SET item_id = c.item_id FROM work_change c WHERE work_group.node = c.node;

SELECT count(*) FROM work_change;
