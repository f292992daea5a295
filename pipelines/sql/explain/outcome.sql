-- what: whether the items judged again are the published ones
-- grain: one row per asked item: its published row, and the columns that are others now (NULL: the members are)
-- inputs: explain_record, work_item, work_member, published.recon__item
-- parameters: none

WITH again AS (
    SELECT r.item_id AS asked_id, list(DISTINCT m.item_id) AS item_ids, count(*) AS n
    FROM explain_record AS r
    JOIN work_member AS m ON m.side = r.side AND m.record_id = r.record_id
    GROUP BY r.item_id
)
SELECT
    p.item_id, p.taxpayer_id, p.direction, p.verdict, p.cause, p.rule, p.basis, p.needs_review, p.why_not, p.due_on,
    p.explanation_zh, p.explanation_en, w.verdict AS verdict_now, w.cause AS cause_now,
    a.item_ids IS NOT DISTINCT FROM [p.item_id]
    AND (SELECT count(*) FROM work_member AS m WHERE m.item_id = p.item_id)
        = (SELECT count(*) FROM explain_record AS r WHERE r.item_id = p.item_id)
    AND w.verdict IS NOT DISTINCT FROM p.verdict AND w.cause IS NOT DISTINCT FROM p.cause
    AND w.rule IS NOT DISTINCT FROM p.rule AND w.why_not IS NOT DISTINCT FROM p.why_not
    AND w.candidates IS NOT DISTINCT FROM p.candidates AND w.due_on IS NOT DISTINCT FROM p.due_on
    AND w.explanation_zh IS NOT DISTINCT FROM p.explanation_zh AS is_same
FROM published.recon__item AS p
LEFT JOIN again AS a ON a.asked_id = p.item_id
LEFT JOIN work_item AS w ON w.item_id = p.item_id
WHERE p.item_id IN (SELECT item_id FROM explain_record);
