-- what: the links between the sides, the surplus records, and the groups of records that belong together
-- grain: work_link one row per linked pair; work_surplus one row per surplus record; work_node one row per open record
-- inputs: work_role, work_named, work_repair, work_listed_twice, work_red_pair, work_open_upstream, work_open_ledger
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_settled AS
SELECT
    r.ledger_id, r.upstream_id, r.rule,
    CASE WHEN r.role <> 'doubtful' THEN r.role
         WHEN r.ledger_id IN (SELECT ledger_id FROM work_repair) THEN 'repaired'
         ELSE r.fallback
    END AS outcome
FROM work_role r;

CREATE OR REPLACE TEMP TABLE work_link AS
SELECT ledger_id, upstream_id, rule FROM work_settled WHERE outcome = 'kept'
UNION ALL
SELECT ledger_id, upstream_id, CASE rule WHEN 'decision' THEN rule ELSE 'number_list' END AS rule
FROM work_named WHERE n_numbers > 1
UNION ALL
SELECT ledger_id, upstream_id, rule FROM work_repair;

CREATE OR REPLACE TEMP TABLE work_surplus AS
SELECT 'ledger' AS side, ledger_id AS record_id, upstream_id AS first_id FROM work_settled WHERE outcome = 'surplus'
UNION ALL
SELECT 'upstream', record_id, first_id FROM work_listed_twice;

INSERT INTO work_refused
SELECT ledger_id, upstream_id, 'number_taken', rule FROM work_settled WHERE outcome = 'unlinked';

-- Every open record starts as a group of its own; `propagate` joins the groups along the edges.
CREATE OR REPLACE TEMP TABLE work_node AS
SELECT 'U:' || record_id AS node, 'upstream' AS side, record_id, 'U:' || record_id AS item_id FROM work_open_upstream
UNION ALL
SELECT 'L:' || record_id, 'ledger', record_id, 'L:' || record_id FROM work_open_ledger;

CREATE OR REPLACE TEMP TABLE work_edge AS
WITH edge AS (
    SELECT 'U:' || upstream_id AS a, 'L:' || ledger_id AS b FROM work_link
    UNION
    SELECT 'U:' || blue_id, 'U:' || red_id FROM work_red_pair
    WHERE is_full AND red_id NOT IN (SELECT record_id FROM work_listed_twice)
)
SELECT a, b FROM edge
UNION
SELECT b, a FROM edge;
