-- what: tonight's items in place of those that their records stood in, and the state that the next night starts from
-- grain: recon__item, recon__member, recon__cleared, recon__open_record, recon__decision as declared; decisions.found_cause
-- inputs: work_item, work_member, work_cleared, work_reopened, work_agreed, work_node, work_due,
--         work_decision_state, core_change, decisions
-- parameters: none
-- An item is named after one of its records, and every record of an item that is not cleared is judged again: so the
-- names of the judged records cover every item that may have changed.

CREATE OR REPLACE TEMP TABLE work_stale AS
SELECT CASE side WHEN 'upstream' THEN 'U:' ELSE 'L:' END || record_id AS item_id FROM work_due
UNION
SELECT 'U:' || upstream_id FROM work_reopened;

-- No name is empty; a small side that is filtered is what DuckDB looks for while it reads the large one.
DELETE FROM recon__item WHERE item_id IN (SELECT item_id FROM work_stale WHERE item_id <> '');

DELETE FROM recon__member WHERE item_id IN (SELECT item_id FROM work_stale WHERE item_id <> '');

INSERT INTO recon__item BY NAME SELECT * FROM work_item;

INSERT INTO recon__member BY NAME SELECT * FROM work_member;

DELETE FROM recon__cleared WHERE upstream_id IN (SELECT upstream_id FROM work_reopened);

INSERT INTO recon__cleared
SELECT
    upstream_id, ledger_id, number, key_hash, hash(upstream_id), hash(ledger_id),
    tail_key(company_hash, number)
FROM work_cleared
WHERE NOT is_short;

DELETE FROM recon__open_record;

INSERT INTO recon__open_record
SELECT side, record_id FROM work_node
UNION ALL
SELECT 'upstream', upstream_id FROM work_agreed
UNION ALL
SELECT 'ledger', ledger_id FROM work_agreed
UNION ALL
SELECT 'upstream', upstream_id FROM work_cleared WHERE is_short
UNION ALL
SELECT 'ledger', ledger_id FROM work_cleared WHERE is_short;

DELETE FROM recon__decision;

INSERT INTO recon__decision BY NAME SELECT * EXCLUDE (cause) FROM work_decision_state;

-- Of a decision that does not tell what it was about, the first night that honours it does.
UPDATE decisions SET found_cause = s.cause FROM work_decision_state s
WHERE s.decision_id = decisions.decision_id AND decisions.found_cause IS NULL AND s.is_honoured
  AND s.kind IN ('accept_difference', 'ignore_until');

DELETE FROM core_change;
