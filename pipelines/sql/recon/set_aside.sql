-- what: the items that a decision speaks of, and which of them a person has set aside
-- grain: work_decision_state one row per decision in force; work_set_aside one row per item
-- inputs: work_decision, work_decision_record, work_decided, work_node, work_agreed, work_cleared, work_hinted, work_sentence
-- parameters: none
-- To accept or ignore needs the item to be the one that was decided on: the same records, no more and no less, and the same found
-- of them.

-- What is only over its window, or cannot be looked for any more, is found as it was. Of an earlier version NULL: not kept.
CREATE OR REPLACE TEMP MACRO stays_found(found_cause, cause) AS
    CASE WHEN found_cause IN ('sync_delay', 'not_found') THEN cause IN ('sync_delay', 'upstream_gap', 'not_found')
         WHEN found_cause = 'booking_lag' THEN cause IN ('booking_lag', 'not_booked')
         ELSE coalesce(cause = found_cause, found_cause IS NULL) END;

CREATE OR REPLACE TEMP TABLE work_decision_state AS
WITH place AS NOT MATERIALIZED (
    SELECT side, record_id, item_id FROM work_node
    UNION ALL
    SELECT 'upstream', upstream_id, 'U:' || upstream_id FROM work_agreed
    UNION ALL
    SELECT 'ledger', ledger_id, 'U:' || upstream_id FROM work_agreed
    UNION ALL
    SELECT 'upstream', upstream_id, 'U:' || upstream_id FROM work_cleared WHERE is_short
    UNION ALL
    SELECT 'ledger', ledger_id, 'U:' || upstream_id FROM work_cleared WHERE is_short
),
-- A record that a later decision speaks of instead is not this one's any more.
held AS (
    SELECT decision_id, side, record_id FROM work_decided
    UNION
    SELECT decision_id, side, record_id FROM work_decision_record
    WHERE decision_id NOT IN (SELECT decision_id FROM work_decided)
),
found AS (
    SELECT r.decision_id, min(p.item_id) AS item_id, count(DISTINCT p.item_id) AS n_items, count(p.item_id) AS n_found
    FROM held r
    LEFT JOIN place p USING (side, record_id)
    GROUP BY r.decision_id
),
size AS (
    SELECT item_id, count(*) AS n_members FROM place WHERE item_id IN (SELECT item_id FROM found) GROUP BY item_id
),
cause AS (SELECT item_id, cause FROM work_hinted WHERE item_id IN (SELECT item_id FROM found)),
judged AS (
    SELECT
        d.decision_id, d.kind, f.item_id, coalesce(c.cause, 'exact') AS cause,
        CASE WHEN d.state = 'honoured' AND d.kind IN ('accept_difference', 'ignore_until')
              AND NOT coalesce(f.n_items = 1 AND f.n_found = s.n_members AND stays_found(d.found_cause, coalesce(c.cause, 'exact')), FALSE)
             THEN 'changed' ELSE d.state END AS state
    FROM work_decision d
    LEFT JOIN found f USING (decision_id)
    LEFT JOIN size s ON s.item_id = f.item_id
    LEFT JOIN cause c ON c.item_id = f.item_id
)
SELECT
    j.*,
    state = 'honoured' OR (state = 'changed' AND kind IN ('link', 'leave_alone', 'try_again')) AS is_honoured,
    w.zh AS explanation_zh, w.en AS explanation_en
FROM judged j
JOIN work_sentence w ON w.key = 'decision.' || j.state;

CREATE OR REPLACE TEMP TABLE work_set_aside AS
SELECT DISTINCT item_id FROM work_decision_state
WHERE is_honoured AND kind IN ('accept_difference', 'ignore_until') AND item_id IS NOT NULL
UNION
-- What is left alone has no other side; an item that has one is about the red letter beside it.
SELECT n.item_id FROM work_node n
JOIN work_decided d ON d.side = n.side AND d.record_id = n.record_id
ANTI JOIN work_node o ON o.item_id = n.item_id AND o.side <> n.side
WHERE d.kind = 'leave_alone';
