-- what: the steps in the order in which they were taken
-- grain: one row per record and step
-- inputs: explain_step
-- parameters: none

SELECT side, record_id, step, result, why_not, facts FROM explain_step
ORDER BY side, record_id, place, step, facts['decided_at'], facts['decision_id'];
