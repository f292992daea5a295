-- what: every open record and the item that it is part of
-- grain: work_node one row per open record
-- inputs: work_open_upstream, work_open_ledger, work_couple, work_group, the macro upstream_node (link.sql)
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_node AS
WITH record AS (
    SELECT upstream_node(record_id) AS node, 'upstream' AS side, record_id FROM work_open_upstream
    UNION ALL
    SELECT 'L:' || record_id, 'ledger', record_id FROM work_open_ledger
)
SELECT r.side, r.record_id, regexp_replace(coalesce(g.item_id, r.node), '^T:', 'U:') AS item_id
FROM record r
LEFT JOIN (FROM work_couple UNION ALL FROM work_group) g ON g.node = r.node;

DROP TABLE work_edge;

DROP TABLE work_couple;

DROP TABLE work_group;
