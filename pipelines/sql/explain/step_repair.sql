-- what: for a line without a sure number, what fits its money, party and day in the whole population, and what each
--       rule that doubts the number came to
-- grain: explain_step one row per ledger line and rule; explain_pair one row per line, step and invoice
-- inputs: explain_record, work_unsure, work_similar, work_crowd, work_damaged, work_shown, work_near, work_second_line, work_second,
--         work_reference, work_payer, work_sum_skipped, work_looked, work_repair, work_refused
-- parameters: $repair_rules (in their order), $window_days

CREATE OR REPLACE TEMP TABLE explain_unsure AS
SELECT
    u.record_id AS ledger_id, u.is_dated, u.named_id, u.money, u.invoice_date,
    u.record_id IN (SELECT ledger_id FROM work_crowd) AS is_crowded,
    u.record_id IN (SELECT ledger_id FROM work_damaged WHERE n_shown <= 17) AS is_damaged,
    u.float_prefix IS NULL AND u.record_id NOT IN (SELECT ledger_id FROM work_reference) AS is_without_number,
    u.record_id IN (SELECT ledger_id FROM work_payer) AS is_payer,
    u.record_id IN (SELECT ledger_id FROM work_sum_skipped) AS is_sum_skipped,
    u.record_id IN (SELECT ledger_id FROM work_second_line) AS is_second_due,
    k.is_covered
FROM work_unsure AS u
JOIN work_looked AS k ON k.ledger_id = u.record_id
WHERE u.record_id IN (SELECT record_id FROM explain_record WHERE side = 'ledger');

INSERT INTO explain_step
SELECT
    'ledger', u.ledger_id, 40, 'similar',
    CASE WHEN u.is_crowded THEN 'skipped' WHEN count(s.upstream_id) = 0 THEN 'nothing' ELSE 'found' END,
    CASE WHEN u.is_crowded THEN 'crowd_skipped' END,
    MAP {'count': CAST(count(s.upstream_id) AS VARCHAR),
         'free': CAST(count(*) FILTER (coalesce(s.is_free, FALSE)) AS VARCHAR), 'money': money_text(u.money),
         'lane': CASE WHEN u.is_dated THEN 'day' ELSE 'window' END, 'days': CAST($window_days AS VARCHAR),
         'day': coalesce(CAST(u.invoice_date AS VARCHAR), '')}
FROM explain_unsure AS u
LEFT JOIN work_similar AS s ON s.ledger_id = u.ledger_id
GROUP BY u.ledger_id, u.is_crowded, u.money, u.is_dated, u.invoice_date;

-- Which of the fitting invoices each rule weighs: the guards are about these.
CREATE OR REPLACE TEMP TABLE explain_weighed AS
SELECT s.ledger_id, s.upstream_id, 'digits_lost' AS rule, s.is_free, s.party_agrees
FROM work_shown AS s SEMI JOIN explain_unsure USING (ledger_id)
UNION ALL
SELECT n.ledger_id, n.upstream_id, 'number_mistyped', n.is_free, n.is_evident
FROM work_near AS n SEMI JOIN explain_unsure USING (ledger_id)
UNION ALL
SELECT o.ledger_id, o.upstream_id, 'second_error', o.is_free, TRUE
FROM work_second AS o SEMI JOIN explain_unsure USING (ledger_id)
UNION ALL
SELECT s.ledger_id, s.upstream_id, 'another_number', s.is_free, s.party_agrees
FROM work_similar AS s JOIN explain_unsure AS u USING (ledger_id)
WHERE u.named_id IS NOT NULL AND s.upstream_id <> u.named_id
UNION ALL
SELECT s.ledger_id, s.upstream_id, 'number_absent', s.is_free, s.party_agrees
FROM work_similar AS s JOIN explain_unsure AS u USING (ledger_id)
WHERE u.is_without_number
UNION ALL
SELECT f.ledger_id, f.upstream_id, 'combined_sum', TRUE, TRUE
FROM work_refused AS f SEMI JOIN explain_unsure USING (ledger_id)
WHERE f.rule = 'combined_sum';

INSERT INTO explain_step
WITH rule AS (SELECT unnest($repair_rules) AS rule, generate_subscripts($repair_rules, 1) AS place),
weighed AS (
    SELECT ledger_id, rule, count(*) AS n, count(*) FILTER (is_free) AS n_free, bool_and(party_agrees) AS is_known
    FROM explain_weighed GROUP BY ledger_id, rule
),
refused AS (
    SELECT ledger_id, rule, min(why_not) AS why_not FROM work_refused GROUP BY ledger_id, rule
    UNION ALL
    SELECT ledger_id, 'combined_sum', 'sum_skipped' FROM explain_unsure WHERE is_sum_skipped
),
repaired AS (SELECT DISTINCT ledger_id, rule FROM work_repair),
tried AS (
    SELECT
        u.ledger_id, u.is_covered, r.rule, r.place, coalesce(w.n, 0) AS n, w.n_free, w.is_known, f.why_not AS refused_why,
        coalesce(p.rule = r.rule, FALSE) AS is_linked,
        u.ledger_id IN (SELECT ledger_id FROM work_similar) AS has_similar,
        CASE r.rule
            WHEN 'digits_lost' THEN u.ledger_id IN (SELECT ledger_id FROM work_damaged)
            WHEN 'number_mistyped' THEN u.named_id IS NULL AND NOT u.is_without_number AND NOT u.is_damaged
            WHEN 'second_error' THEN u.is_second_due
            WHEN 'another_number' THEN u.named_id IS NOT NULL
            WHEN 'number_absent' THEN u.is_without_number
            WHEN 'combined_sum' THEN u.is_payer
            ELSE f.why_not IS NOT NULL
        END AS is_due
    FROM explain_unsure AS u
    CROSS JOIN rule AS r
    LEFT JOIN weighed AS w ON w.ledger_id = u.ledger_id AND w.rule = r.rule
    LEFT JOIN refused AS f ON f.ledger_id = u.ledger_id AND f.rule = r.rule
    LEFT JOIN repaired AS p ON p.ledger_id = u.ledger_id
    WHERE NOT u.is_crowded
)
SELECT
    'ledger', ledger_id, 40 + place, rule,
    CASE WHEN is_linked AND n > 1 AND rule <> 'combined_sum' THEN 'last_left' WHEN is_linked THEN 'linked' WHEN NOT is_due THEN 'not_tried' WHEN refused_why IS NOT NULL THEN 'refused'
         WHEN rule IN ('second_error', 'combined_sum') OR NOT has_similar THEN 'nothing' ELSE 'refused' END AS outcome,
    CASE
        WHEN outcome <> 'refused' THEN NULL
        WHEN refused_why IS NOT NULL THEN refused_why
        WHEN n = 0 THEN 'number_differs'
        WHEN n_free > 1 OR (n > 1 AND n_free = 0 AND rule IN ('digits_lost', 'number_mistyped')) THEN 'several_equal'
        WHEN n > 1 AND n_free = 1 AND NOT is_covered THEN 'days_not_received'
        WHEN n > 1 THEN 'amount_recurs'
        WHEN n_free = 0 THEN 'number_taken'
        WHEN is_known IS DISTINCT FROM TRUE THEN 'party_unknown'
        ELSE 'several_equal'
    END,
    MAP {'count': CAST(n AS VARCHAR)}
FROM tried;

INSERT INTO explain_pair
SELECT DISTINCT 'ledger', ledger_id, rule, upstream_id, CASE WHEN NOT is_free THEN 'number_taken' END
FROM explain_weighed
WHERE ledger_id NOT IN (SELECT ledger_id FROM work_repair)
UNION
SELECT 'ledger', ledger_id, rule, upstream_id, NULL FROM work_repair SEMI JOIN explain_unsure USING (ledger_id)
UNION
SELECT 'ledger', s.ledger_id, 'similar', s.upstream_id, CASE WHEN NOT s.is_free THEN 'number_taken' END
FROM work_similar AS s SEMI JOIN explain_unsure USING (ledger_id);
