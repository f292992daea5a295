-- what: how many findings ask nothing of anybody because a person decided so
-- grain: one row
-- inputs: recon__item, work_set_aside
-- parameters: $verdicts

SELECT count(*) FROM recon__item
WHERE list_contains($verdicts, verdict) AND item_id IN (SELECT item_id FROM work_set_aside);
