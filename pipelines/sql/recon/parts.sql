-- what: what was found for lines together is each one's; where it is not the only thing that was found for one of them, nothing is
-- grain: work_repair, work_refused, work_crowd, work_sum_skipped name lines of the ledger only; work_torn one row per whole that
--        another finding contradicts
-- inputs: work_part, work_fit_of_part, work_repair, work_refused, work_crowd, work_sum_skipped
-- parameters: none

INSERT INTO work_refused
SELECT p.ledger_id, r.upstream_id, r.why_not, r.rule FROM work_refused r JOIN work_part p ON p.whole_id = r.ledger_id;

DELETE FROM work_refused WHERE ledger_id IN (SELECT whole_id FROM work_part);

INSERT INTO work_crowd
SELECT p.ledger_id FROM work_crowd c JOIN work_part p ON p.whole_id = c.ledger_id;

INSERT INTO work_sum_skipped
SELECT p.ledger_id FROM work_sum_skipped s JOIN work_part p ON p.whole_id = s.ledger_id;

CREATE OR REPLACE TEMP TABLE work_torn AS
WITH found AS (
    SELECT DISTINCT p.ledger_id, p.whole_id FROM work_repair r JOIN work_part p ON p.whole_id = r.ledger_id
)
SELECT DISTINCT whole_id FROM found
WHERE ledger_id IN (SELECT ledger_id FROM work_repair)
   OR ledger_id IN (SELECT ledger_id FROM found GROUP BY ledger_id HAVING count(*) > 1);

INSERT INTO work_refused
WITH torn AS (SELECT * FROM work_part SEMI JOIN work_torn USING (whole_id))
SELECT t.ledger_id, r.upstream_id, 'several_equal', r.rule FROM torn t JOIN work_repair r ON r.ledger_id = t.whole_id
UNION
SELECT t.ledger_id, r.upstream_id, 'several_equal', r.rule FROM torn t JOIN work_repair r ON r.ledger_id = t.ledger_id;

DELETE FROM work_repair
WHERE ledger_id IN (SELECT whole_id FROM work_torn)
   OR ledger_id IN (SELECT ledger_id FROM work_part SEMI JOIN work_torn USING (whole_id));

INSERT INTO work_repair
SELECT p.ledger_id, r.upstream_id, r.rule FROM work_repair r JOIN work_part p ON p.whole_id = r.ledger_id;

DELETE FROM work_repair WHERE ledger_id IN (SELECT whole_id FROM work_part);

INSERT INTO work_similar SELECT DISTINCT * FROM work_fit_of_part;
