-- what: what each rule that reads the number came to
-- grain: explain_step one row per ledger line and rule; explain_pair one row per line, rule and invoice looked at
-- inputs: explain_record, work_reference, work_claim, work_crowded_line, work_accepted, work_reopened, work_refused,
--         work_decided
-- parameters: $rules (the number rules in their order)
-- A rule is not needed once a reading is complete: every number in it was found by an earlier rule.

CREATE OR REPLACE TEMP TABLE explain_offer AS
SELECT
    c.ledger_id, c.alt, c.position, c.upstream_id, c.money_agrees, c.party_agrees, c.n_agree,
    CASE WHEN c.is_whole_key THEN 'exact_key' WHEN c.rule = 'exact_key' THEN 'without_code' ELSE c.rule END AS rule
FROM work_claim AS c
WHERE c.ledger_id IN (SELECT record_id FROM explain_record WHERE side = 'ledger')
UNION ALL
SELECT c.ledger_id, c.alt, c.position, c.upstream_id, c.money_agrees, c.party_agrees, c.n_agree, 'last_left'
FROM work_claim AS c
JOIN work_accepted AS a ON a.ledger_id = c.ledger_id AND a.rule = 'last_left'
WHERE c.ledger_id IN (SELECT record_id FROM explain_record WHERE side = 'ledger')
  AND c.money_agrees AND c.party_agrees AND c.date_agrees IS DISTINCT FROM FALSE;

CREATE OR REPLACE TEMP TABLE explain_number_rule AS
WITH rule AS (SELECT unnest($rules) AS rule, generate_subscripts($rules, 1) AS place),
line AS (
    SELECT DISTINCT ledger_id FROM work_reference
    WHERE ledger_id IN (SELECT record_id FROM explain_record WHERE side = 'ledger')
      AND ledger_id NOT IN (
          SELECT record_id FROM work_decided WHERE side = 'ledger' AND kind IN ('link', 'leave_alone'))
),
accepted AS (
    SELECT a.ledger_id, a.alt, a.position, a.upstream_id, a.rule, a.n_numbers, r.place
    FROM work_accepted AS a JOIN rule AS r ON r.rule = a.rule
    WHERE a.ledger_id IN (SELECT ledger_id FROM line)
    UNION ALL
    -- What was cleared by its number at first was not offered again.
    SELECT c.ledger_id, 1, 1, c.upstream_id, c.rule, 1, r.place
    FROM work_reopened AS c JOIN rule AS r ON r.rule = c.rule
    WHERE c.ledger_id IN (SELECT ledger_id FROM line)
),
complete AS (
    SELECT ledger_id, min(done_place) AS done_place
    FROM (SELECT ledger_id, alt, max(place) AS done_place FROM accepted GROUP BY ledger_id, alt
          HAVING count(*) = any_value(n_numbers))
    GROUP BY ledger_id
),
refused AS (
    SELECT ledger_id, rule, min(why_not) AS why_not, count(*) AS n FROM work_refused
    WHERE ledger_id IN (SELECT ledger_id FROM line)
    GROUP BY ledger_id, rule
),
offered AS (
    SELECT
        ledger_id, rule, count(DISTINCT upstream_id) AS n_offered,
        CASE WHEN bool_and(party_agrees IS NOT DISTINCT FROM FALSE) THEN 'party_differs'
             WHEN bool_or(n_agree > 0) THEN 'several_equal' ELSE 'amount_differs' END AS why_not
    FROM explain_offer GROUP BY ledger_id, rule
)
SELECT
    l.ledger_id, r.rule, r.place, coalesce(o.n_offered, CASE WHEN f.why_not IN ('taken_apart', 'invoice_left_alone') THEN f.n END, 0) AS n_offered,
    CASE
        WHEN EXISTS (FROM accepted AS a WHERE a.ledger_id = l.ledger_id AND a.rule = r.rule) THEN 'named'
        WHEN r.place > c.done_place THEN 'not_needed'
        WHEN l.ledger_id IN (SELECT ledger_id FROM work_crowded_line) THEN 'not_tried'
        -- What a person took apart was not even offered.
        WHEN o.n_offered > 0 OR f.why_not IN ('taken_apart', 'invoice_left_alone') THEN 'refused'
        ELSE 'nothing'
    END AS result,
    coalesce(f.why_not, o.why_not) AS why_not
FROM line AS l
CROSS JOIN rule AS r
LEFT JOIN complete AS c ON c.ledger_id = l.ledger_id
LEFT JOIN offered AS o ON o.ledger_id = l.ledger_id AND o.rule = r.rule
LEFT JOIN refused AS f ON f.ledger_id = l.ledger_id AND f.rule = r.rule;

INSERT INTO explain_step
SELECT
    'ledger', ledger_id, 20 + place, rule, result, CASE result WHEN 'refused' THEN why_not END,
    MAP {'count': CAST(n_offered AS VARCHAR)}
FROM explain_number_rule;

INSERT INTO explain_step
SELECT DISTINCT 'ledger', ledger_id, 20, 'crowd', 'skipped', 'crowd_skipped', MAP {}::MAP(VARCHAR, VARCHAR)
FROM work_crowded_line
WHERE ledger_id IN (SELECT ledger_id FROM explain_number_rule);

INSERT INTO explain_step
SELECT 'ledger', ledger_id, 28, 'code_differs', 'refused', NULL, MAP {'count': CAST(count(*) AS VARCHAR)}
FROM explain_offer WHERE rule = 'code_differs' GROUP BY ledger_id;

INSERT INTO explain_pair
SELECT DISTINCT 'ledger', ledger_id, rule, upstream_id, NULL FROM work_accepted
WHERE ledger_id IN (SELECT ledger_id FROM explain_number_rule)
UNION
SELECT 'ledger', ledger_id, rule, upstream_id, NULL FROM work_reopened
WHERE ledger_id IN (SELECT ledger_id FROM explain_number_rule)
UNION
SELECT DISTINCT 'ledger', o.ledger_id, o.rule, o.upstream_id, f.why_not
FROM explain_offer AS o
JOIN explain_step AS s ON s.record_id = o.ledger_id AND s.step = o.rule AND s.result = 'refused'
LEFT JOIN work_refused AS f ON f.ledger_id = o.ledger_id AND f.upstream_id = o.upstream_id AND f.rule = o.rule;
