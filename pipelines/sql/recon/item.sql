-- what: the result: every item with its verdict, and the members of every item
-- grain: work_item one row per item; work_member one row per core record
-- inputs: work_cleared, work_company, work_agreed, work_explained, work_node, work_set_aside
-- parameters: none; the variables exact_zh and exact_en hold the sentence of `exact` in the three parts around number and total

CREATE OR REPLACE TEMP VIEW work_item AS
SELECT
    'U:' || upstream_id AS item_id, taxpayer_id, direction, 'matched' AS verdict, 'exact' AS cause,
    rule, 'observed' AS basis, FALSE AS needs_review, NULL::VARCHAR[] AS candidates,
    NULL::VARCHAR AS why_not, NULL::VARCHAR[] AS differing_fields,
    upstream_total::DECIMAL(18,2) AS upstream_total_cny,
    ledger_total::DECIMAL(18,2) AS ledger_total_cny,
    -- The amounts without tax are equal where only those are kept.
    CASE WHEN is_total_known THEN ledger_total - upstream_total ELSE 0 END::DECIMAL(18,2) AS difference_cny,
    NULL::DATE AS due_on,
    concat(
        getvariable('exact_zh')[1], number, getvariable('exact_zh')[2], upstream_text, getvariable('exact_zh')[3]
    ) AS explanation_zh,
    concat(
        getvariable('exact_en')[1], number, getvariable('exact_en')[2], upstream_text, getvariable('exact_en')[3]
    ) AS explanation_en
FROM (
    SELECT *, money_text(upstream_total) AS upstream_text
    FROM (
        SELECT * EXCLUDE (company_hash, key_hash, line_key, is_short), cleared_rule(is_short, number) AS rule
        FROM work_cleared JOIN work_company USING (company_hash)
        UNION ALL BY NAME
        SELECT * FROM work_agreed
    )
)
UNION ALL
SELECT
    item_id, taxpayer_id, direction, verdict, cause, rule, basis,
    basis = 'likely'
    OR (item_id NOT IN (SELECT item_id FROM work_set_aside)
        AND (verdict IN ('mismatched', 'duplicate', 'missing_upstream', 'missing_ledger')
             OR cause = 'unreadable_reference' OR is_doubtful)) AS needs_review,
    candidates, why_not, nullif(differing_fields, []) AS differing_fields,
    upstream_total::DECIMAL(18,2), ledger_total::DECIMAL(18,2),
    difference::DECIMAL(18,2), due_on, explanation_zh, explanation_en
FROM work_explained;

CREATE OR REPLACE TEMP VIEW work_member AS
SELECT 'U:' || upstream_id AS item_id, 'upstream' AS side, upstream_id AS record_id FROM work_cleared
UNION ALL
SELECT 'U:' || upstream_id, 'ledger', ledger_id FROM work_cleared
UNION ALL
SELECT 'U:' || upstream_id, 'upstream', upstream_id FROM work_agreed
UNION ALL
SELECT 'U:' || upstream_id, 'ledger', ledger_id FROM work_agreed
UNION ALL
SELECT item_id, side, record_id FROM work_node;
