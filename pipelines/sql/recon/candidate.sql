-- what: for records left alone, what was considered and which guard kept the best of it from being linked
-- grain: work_candidate one row per item that had candidates or was skipped; work_considered one row per line and invoice;
--        work_lacking per combined line whose sum is off, work_list_gap per such line and open invoice that is what it lacks;
--        work_of_ledger, work_of_upstream one row per item
-- inputs: work_lone, work_lone_ledger, work_lone_upstream, work_node, work_refused, work_similar, work_near, work_repair,
--         work_other_party, work_crowd, work_crowded_line, work_crowded_day, work_long_range, work_unpaired_red,
--         work_unpaired_blue, work_claim, work_sum_skipped, work_looked, work_decided, work_linked, work_link, work_open_ledger,
--         work_open_upstream
-- parameters: $max_repeated

-- Every pair once, with the first of its reasons. One table after the other, so that each may take all the memory.
CREATE OR REPLACE TEMP TABLE work_considered AS
WITH refused AS (
    SELECT ledger_id, upstream_id, min(why_not) AS why_not FROM work_refused GROUP BY ledger_id, upstream_id
),
similar_now AS MATERIALIZED (
    SELECT
        s.ledger_id, s.upstream_id, s.party_agrees, l.cause,
        s.is_free AND s.upstream_id NOT IN (SELECT upstream_id FROM work_repair) AS is_free
    FROM work_similar s
    JOIN work_lone_ledger l ON l.record_id = s.ledger_id
),
fitting AS (
    SELECT
        f.*,
        -- What is the same for all invoices of a line.
        CASE
            WHEN f.ledger_id IN (SELECT ledger_id FROM work_crowded_line) THEN 'crowd_skipped'
            WHEN f.ledger_id IN (SELECT ledger_id FROM work_long_range) THEN 'range_skipped'
            WHEN n_free > 1 THEN 'several_equal'
            WHEN n_free = 1 AND n_similar > 1 AND f.cause = 'unreadable_reference' AND NOT k.is_covered
                THEN 'days_not_received'
            WHEN n_similar > 1 THEN 'amount_recurs'
        END AS why_not,
        f.cause = 'unreadable_reference' OR f.ledger_id IN (SELECT ledger_id FROM work_near) AS is_evident
    FROM (
        SELECT
            ledger_id, any_value(cause) AS cause, count(*) AS n_similar, count(*) FILTER (is_free) AS n_free
        FROM similar_now GROUP BY ledger_id
    ) f
    JOIN work_looked k ON k.ledger_id = f.ledger_id
),
wanted AS (SELECT upstream_id FROM similar_now GROUP BY upstream_id HAVING count(*) > 1)
SELECT ledger_id, upstream_id, why_not, 1 AS place FROM refused
UNION ALL
SELECT
    s.ledger_id, s.upstream_id,
    CASE
        WHEN f.why_not IS NOT NULL THEN f.why_not
        WHEN NOT s.is_free THEN 'number_taken'
        WHEN s.party_agrees IS NULL THEN 'party_unknown'
        WHEN f.is_evident AND s.upstream_id IN (SELECT upstream_id FROM wanted) THEN 'several_lines'
        ELSE 'number_differs'
    END,
    2
FROM similar_now s
JOIN fitting f ON f.ledger_id = s.ledger_id
ANTI JOIN refused r ON r.ledger_id = s.ledger_id AND r.upstream_id = s.upstream_id
UNION ALL
SELECT o.ledger_id, o.upstream_id, 'party_differs', 3
FROM work_other_party o
JOIN work_lone_ledger l ON l.record_id = o.ledger_id
JOIN work_lone_upstream u ON u.record_id = o.upstream_id
ANTI JOIN refused r ON r.ledger_id = o.ledger_id AND r.upstream_id = o.upstream_id;

CREATE OR REPLACE TEMP TABLE work_of_ledger AS
SELECT
    l.item_id, arg_min(c.upstream_id, c.place || c.upstream_id, 5) AS candidates, count(*) AS n_candidates,
    arg_min(c.why_not, c.place || c.upstream_id) AS why_not
FROM work_lone_ledger l JOIN work_considered c ON c.ledger_id = l.record_id
GROUP BY l.item_id;

-- What a line of several invoices lacks may be the one of them whose number it has wrong.
CREATE OR REPLACE TEMP TABLE work_lacking AS
    SELECT
        l.record_id AS ledger_id, any_value(l.taxpayer_id) AS taxpayer_id, any_value(l.direction) AS direction,
        any_value(l.party_hash) AS party_hash, any_value(l.name_hash) AS name_hash,
        any_value(l.line_total) - sum(u.total_cny) AS money,
        -- Of many that lack the same nobody can be meant.
        count(*) OVER (PARTITION BY any_value(l.taxpayer_id), any_value(l.direction), money) > $max_repeated AS is_crowded
    FROM work_linked i
    JOIN work_node n ON n.item_id = i.item_id AND n.side = 'ledger'
    JOIN work_open_ledger l ON l.record_id = n.record_id
    JOIN work_link k ON k.ledger_id = l.record_id
    JOIN work_open_upstream u ON u.record_id = k.upstream_id
    WHERE i.cause = 'amount_differs' AND i.rule = 'number_list' AND i.n_ledger = 1
    GROUP BY l.record_id;

CREATE OR REPLACE TEMP TABLE work_list_gap AS
SELECT g.ledger_id, u.record_id AS upstream_id
FROM work_lacking g
JOIN work_open_upstream u ON u.taxpayer_id = g.taxpayer_id AND u.direction = g.direction AND u.total_cny = g.money
WHERE u.record_id IN (SELECT record_id FROM work_lone_upstream) AND NOT g.is_crowded
  -- Its number may stand there, and be that of others, too.
  AND NOT EXISTS (FROM work_claim c WHERE c.ledger_id = g.ledger_id AND c.upstream_id = u.record_id)
  AND party_hash_agrees(u.party_hash, u.name_hash, g.party_hash, g.name_hash);

CREATE OR REPLACE TEMP TABLE work_of_upstream AS
WITH considered AS (
    SELECT upstream_id, ledger_id, why_not, place FROM work_considered
    WHERE ledger_id IN (SELECT record_id FROM work_lone_ledger)
    UNION ALL
    SELECT upstream_id, ledger_id, 'list_lacks_it', 4 FROM work_list_gap
)
SELECT
    u.item_id, arg_min(c.ledger_id, c.place || c.ledger_id, 5) AS candidates, count(*) AS n_candidates,
    arg_min(c.why_not, c.place || c.ledger_id) AS why_not
FROM work_lone_upstream u
JOIN considered c ON c.upstream_id = u.record_id
GROUP BY u.item_id;

CREATE OR REPLACE TEMP TABLE work_candidate AS
WITH reason AS (
    SELECT ledger_id, 'range_skipped' AS why_not FROM work_long_range
    UNION ALL
    SELECT ledger_id, 'crowd_skipped' FROM (FROM work_crowd UNION FROM work_crowded_line UNION FROM work_crowded_day)
    WHERE ledger_id NOT IN (SELECT ledger_id FROM work_long_range)
),
skipped AS (
    SELECT l.item_id, NULL::VARCHAR[] AS candidates, 0 AS n_candidates, c.why_not
    FROM work_lone_ledger l
    JOIN reason c ON c.ledger_id = l.record_id
    WHERE l.item_id NOT IN (SELECT item_id FROM work_of_ledger)
),
sum_skipped AS (
    SELECT l.item_id, NULL::VARCHAR[] AS candidates, 0 AS n_candidates, 'sum_skipped' AS why_not
    FROM work_lone_ledger l
    SEMI JOIN work_sum_skipped c ON c.ledger_id = l.record_id
    WHERE l.item_id NOT IN (SELECT item_id FROM work_of_ledger UNION ALL SELECT item_id FROM skipped)
),
-- The invoices that a red letter may reverse are of its own side: its sentence names them (explained.sql).
red_skipped AS (
    SELECT
        u.item_id, NULL::VARCHAR[] AS candidates, count(b.blue_id) AS n_candidates, any_value(c.why_not) AS why_not
    FROM work_lone_upstream u
    JOIN work_unpaired_red c ON c.record_id = u.record_id
    LEFT JOIN work_unpaired_blue b ON b.red_id = u.record_id
    WHERE u.item_id NOT IN (SELECT item_id FROM work_of_upstream)
    GROUP BY u.item_id
),
-- So many lists lack this sum that none was looked at.
lacking_skipped AS (
    SELECT l.item_id, NULL::VARCHAR[] AS candidates, 0 AS n_candidates, 'crowd_skipped' AS why_not
    FROM work_lone_upstream l
    JOIN work_open_upstream u ON u.record_id = l.record_id
    SEMI JOIN (SELECT *, coalesce(party_hash, name_hash) AS party FROM work_lacking WHERE is_crowded) g
      ON g.taxpayer_id = u.taxpayer_id AND g.direction = u.direction AND g.money = u.total_cny
     AND g.party = coalesce(u.party_hash, u.name_hash)
    WHERE l.item_id NOT IN (SELECT item_id FROM work_of_upstream UNION ALL SELECT item_id FROM red_skipped)
),
impossible AS (
    SELECT item_id, NULL::VARCHAR[] AS candidates, 0 AS n_candidates, 'impossible_number' AS why_not
    FROM work_lone_ledger l
    WHERE cause IN ('sync_delay', 'upstream_gap') AND is_impossible
      AND item_id NOT IN (SELECT item_id FROM work_of_ledger UNION ALL SELECT item_id FROM skipped)
),
left_alone AS (
    SELECT item_id, NULL::VARCHAR[] AS candidates, 0 AS n_candidates, 'left_alone' AS why_not
    FROM work_lone w JOIN work_node n USING (item_id)
    JOIN work_decided d ON d.side = n.side AND d.record_id = n.record_id
    WHERE d.kind = 'leave_alone'
)
SELECT * FROM left_alone
UNION ALL SELECT * FROM work_of_ledger WHERE item_id NOT IN (SELECT item_id FROM left_alone)
UNION ALL SELECT * FROM work_of_upstream WHERE item_id NOT IN (SELECT item_id FROM left_alone)
UNION ALL SELECT * FROM red_skipped WHERE item_id NOT IN (SELECT item_id FROM left_alone)
UNION ALL SELECT * FROM lacking_skipped WHERE item_id NOT IN (SELECT item_id FROM left_alone)
UNION ALL SELECT * FROM sum_skipped WHERE item_id NOT IN (SELECT item_id FROM left_alone)
UNION ALL SELECT * FROM skipped WHERE item_id NOT IN (SELECT item_id FROM left_alone)
UNION ALL SELECT * FROM impossible WHERE item_id NOT IN (SELECT item_id FROM left_alone);

DROP TABLE work_considered;

DROP TABLE work_of_ledger;

DROP TABLE work_of_upstream;

DROP TABLE work_lone_ledger;

DROP TABLE work_lone_upstream;
