-- what: the links between the sides, the surplus records, and what holds groups of records together
-- grain: work_link one row per linked pair; work_surplus one row per surplus record; work_couple one row per record whose
--        group is found; work_group one row per record whose group is still to be found; work_edge two rows, one each way,
--        per pair of those; and the macro upstream_node
-- inputs: work_role, work_list, work_named, work_open_ledger, work_repair, work_listed_twice, work_red_pair
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_settled AS
SELECT
    r.ledger_id, r.upstream_id, r.rule, r.role, r.party_agrees,
    CASE WHEN r.role <> 'doubtful' THEN r.role
         WHEN r.ledger_id IN (SELECT ledger_id FROM work_repair) THEN 'repaired'
         WHEN r.upstream_id IN (SELECT upstream_id FROM work_repair) THEN 'unlinked'
         ELSE r.fallback
    END AS outcome
FROM work_role r;

-- The line that would have been its booking turned out to be another invoice's: then the next one is.
UPDATE work_settled SET outcome = 'kept'
WHERE ledger_id IN (
    SELECT arg_min(s.ledger_id, (l.posted_on, s.ledger_id))
    FROM work_settled s
    JOIN work_open_ledger l ON l.record_id = s.ledger_id
    WHERE s.outcome = 'surplus' AND s.role = 'doubtful'
      AND s.upstream_id IN (SELECT upstream_id FROM work_settled WHERE outcome = 'repaired')
      AND s.upstream_id NOT IN (SELECT upstream_id FROM work_settled WHERE outcome = 'kept')
      AND s.upstream_id NOT IN (SELECT upstream_id FROM work_repair)
      AND s.upstream_id NOT IN (SELECT upstream_id FROM work_named WHERE n_numbers > 1)
    GROUP BY s.upstream_id
);

CREATE OR REPLACE TEMP TABLE work_link AS
SELECT ledger_id, upstream_id, rule FROM work_settled WHERE outcome = 'kept'
UNION ALL
SELECT ledger_id, upstream_id, CASE rule WHEN 'decision' THEN rule ELSE 'number_list' END AS rule
FROM work_named WHERE n_numbers > 1 AND ledger_id NOT IN (SELECT ledger_id FROM work_list WHERE is_surplus)
UNION ALL
SELECT ledger_id, upstream_id, rule FROM work_repair;

CREATE OR REPLACE TEMP TABLE work_surplus AS
SELECT 'ledger' AS side, ledger_id AS record_id, upstream_id AS first_id FROM work_settled WHERE outcome = 'surplus'
UNION ALL
SELECT 'ledger', ledger_id, first_id FROM work_list WHERE is_surplus
UNION ALL
SELECT 'upstream', record_id, first_id FROM work_listed_twice;

INSERT INTO work_refused
SELECT
    ledger_id, upstream_id,
    CASE WHEN upstream_id IN (SELECT upstream_id FROM work_link) THEN 'number_taken'
         WHEN party_agrees = FALSE THEN 'party_differs' ELSE 'date_differs' END,
    rule
FROM work_settled WHERE outcome = 'unlinked';

-- A group is named after the greatest of its nodes: a red letter, which comes later, sorts behind the invoices that it joins.
CREATE OR REPLACE TEMP MACRO upstream_node(record_id) AS
    CASE WHEN record_id IN (SELECT red_id FROM work_red_pair WHERE is_full) THEN 'T:' ELSE 'U:' END || record_id;

CREATE OR REPLACE TEMP TABLE work_edge AS
WITH edge AS (
    SELECT upstream_node(upstream_id) AS a, 'L:' || ledger_id AS b FROM work_link
    UNION
    SELECT upstream_node(blue_id), upstream_node(red_id) FROM work_red_pair
    WHERE is_full
)
SELECT a, b FROM edge
UNION ALL
SELECT b, a FROM edge;

-- Most records have one other, which has no third: their group is known at once, by the greater of the two names.
CREATE OR REPLACE TEMP TABLE work_couple AS
WITH shared AS (SELECT a FROM work_edge GROUP BY a HAVING count(*) > 1)
SELECT a AS node, greatest(a, b) AS item_id FROM work_edge
WHERE a NOT IN (SELECT a FROM shared) AND b NOT IN (SELECT a FROM shared);

DELETE FROM work_edge WHERE a IN (SELECT node FROM work_couple);

-- The others start as groups of their own; `propagate` joins them along the edges that are left.
CREATE OR REPLACE TEMP TABLE work_group AS SELECT DISTINCT a AS node, a AS item_id FROM work_edge;
