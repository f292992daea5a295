-- what: one step along the chains of lines that set each other back: twice as far as the step before
-- grain: work_relapse one row per line and the one that it sets back over so many others; work_relapsed gains what was reached;
--        returns how many that were
-- inputs: work_relapse, work_relapsed
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_relapsing AS
SELECT DISTINCT r.ledger_id FROM work_relapse r
WHERE r.falling_id IN (SELECT ledger_id FROM work_relapsed) AND r.ledger_id NOT IN (SELECT ledger_id FROM work_relapsed);

INSERT INTO work_relapsed FROM work_relapsing;

CREATE OR REPLACE TEMP TABLE work_relapse AS
SELECT DISTINCT near.falling_id, far.ledger_id
FROM work_relapse near
JOIN work_relapse far ON far.falling_id = near.ledger_id;

SELECT count(*) FROM work_relapsing;
