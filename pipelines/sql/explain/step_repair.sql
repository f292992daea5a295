-- what: for a line without a sure number, what fits its money, party and day in the whole population, and what each
--       rule that doubts the number came to
-- grain: explain_step one row per ledger line and rule; explain_pair one row per line, step and invoice
-- inputs: explain_record, work_unsure, work_part, work_whole_line, work_similar, work_crowd, work_damaged, work_shown, work_near,
--         work_second_line, work_second, work_reference, work_payer, work_sum_skipped, work_looked, work_repair, work_refused,
--         work_decided
-- parameters: $repair_rules (in their order), $window_days

CREATE OR REPLACE TEMP TABLE explain_unsure AS
SELECT
    u.record_id AS ledger_id, u.is_dated, u.named_id, u.money, u.invoice_date,
    u.record_id IN (SELECT ledger_id FROM work_crowd) AS is_crowded,
    u.record_id IN (SELECT ledger_id FROM work_damaged WHERE n_shown <= 17) AS is_damaged,
    u.float_prefix IS NULL AND u.record_id NOT IN (SELECT ledger_id FROM work_reference) AS is_without_number,
    u.record_id IN (
        SELECT p.ledger_id FROM work_part AS p
        WHERE p.whole_id IN (SELECT record_id FROM work_whole_line WHERE named_id IS NOT NULL)
          AND p.whole_id IN (SELECT whole_id FROM work_part WHERE NOT has_number)) AS is_of_voucher,
    u.record_id IN (SELECT ledger_id FROM work_payer) AS is_payer,
    u.record_id IN (SELECT ledger_id FROM work_sum_skipped) AS is_sum_skipped,
    u.record_id IN (SELECT ledger_id FROM work_second_line) AS is_second_due,
    u.record_id IN (SELECT ledger_id FROM work_refused WHERE why_not = 'taken_apart') AS is_apart,
    k.is_covered
FROM work_unsure AS u
JOIN work_looked AS k ON k.ledger_id = u.record_id
WHERE u.record_id IN (SELECT record_id FROM explain_record WHERE side = 'ledger');

-- What keeps an invoice from being this line's: a person's word, or another line that it was linked to meanwhile.
CREATE OR REPLACE TEMP MACRO with_guard(fits) AS TABLE
SELECT * REPLACE (guard IS NULL AS is_free)
FROM (
    SELECT
        *,
        CASE
            WHEN upstream_id IN (SELECT record_id FROM work_decided WHERE side = 'upstream' AND kind = 'leave_alone')
                THEN 'invoice_left_alone'
            WHEN (ledger_id, upstream_id) IN (SELECT (ledger_id, upstream_id) FROM work_repair) THEN NULL
            WHEN NOT is_free OR upstream_id IN (SELECT upstream_id FROM work_repair) THEN 'number_taken'
        END AS guard
    FROM query_table(fits)
    WHERE ledger_id IN (SELECT ledger_id FROM explain_unsure)
);

CREATE OR REPLACE TEMP TABLE explain_similar AS FROM with_guard('work_similar');

INSERT INTO explain_step
SELECT
    'ledger', u.ledger_id, 40, 'similar',
    CASE WHEN u.is_crowded THEN 'skipped' WHEN count(s.upstream_id) > 0 THEN 'found'
         WHEN u.is_apart THEN 'nothing_else' ELSE 'nothing' END,
    CASE WHEN u.is_crowded THEN 'crowd_skipped' END,
    MAP {'count': CAST(count(s.upstream_id) AS VARCHAR),
         'free': CAST(count(*) FILTER (coalesce(s.is_free, FALSE)) AS VARCHAR), 'money': money_text(u.money),
         'lane': CASE WHEN u.is_dated THEN 'day' ELSE 'window' END, 'days': CAST($window_days AS VARCHAR),
         'day': coalesce(CAST(u.invoice_date AS VARCHAR), '')}
FROM explain_unsure AS u
LEFT JOIN explain_similar AS s ON s.ledger_id = u.ledger_id
GROUP BY u.ledger_id, u.is_crowded, u.is_apart, u.money, u.is_dated, u.invoice_date;

-- A line of several wholes: the one that fits most.
INSERT INTO explain_step
SELECT
    'ledger', p.ledger_id, 41, 'together', CASE WHEN count(s.upstream_id) > 0 THEN 'found' ELSE 'nothing' END, NULL,
    MAP {'lines': CAST(n.n_lines AS VARCHAR), 'money': money_text(w.money), 'count': CAST(count(s.upstream_id) AS VARCHAR)}
FROM work_part AS p
JOIN (SELECT whole_id, count(*) AS n_lines FROM work_part GROUP BY whole_id) AS n ON n.whole_id = p.whole_id
JOIN work_unsure AS w ON w.record_id = p.whole_id
LEFT JOIN work_similar AS s ON s.ledger_id = p.whole_id
WHERE p.ledger_id IN (SELECT ledger_id FROM explain_unsure)
GROUP BY p.ledger_id, p.whole_id, n.n_lines, w.money
QUALIFY row_number() OVER (PARTITION BY p.ledger_id ORDER BY count(s.upstream_id) DESC, p.whole_id) = 1;

-- Which of the fitting invoices each rule weighs: the guards are about these.
CREATE OR REPLACE TEMP TABLE explain_weighed AS
SELECT ledger_id, upstream_id, 'digits_lost' AS rule, is_free, guard, party_agrees FROM with_guard('work_shown')
UNION ALL
SELECT ledger_id, upstream_id, 'number_mistyped', is_free, guard, is_evident FROM with_guard('work_near')
UNION ALL
SELECT ledger_id, upstream_id, 'second_error', is_free, guard, TRUE FROM with_guard('work_second')
UNION ALL
SELECT s.ledger_id, s.upstream_id, 'another_number', s.is_free, s.guard, s.party_agrees
FROM explain_similar AS s JOIN explain_unsure AS u USING (ledger_id)
WHERE u.named_id IS NOT NULL AND s.upstream_id <> u.named_id
UNION ALL
SELECT s.ledger_id, s.upstream_id, 'number_absent', s.is_free, s.guard, s.party_agrees
FROM explain_similar AS s JOIN explain_unsure AS u USING (ledger_id)
WHERE u.is_without_number
UNION ALL
SELECT f.ledger_id, f.upstream_id, 'combined_sum', TRUE, CASE f.why_not WHEN 'number_taken' THEN f.why_not END, TRUE
FROM work_refused AS f SEMI JOIN explain_unsure USING (ledger_id)
WHERE f.rule = 'combined_sum';

INSERT INTO explain_step
WITH rule AS (SELECT unnest($repair_rules) AS rule, generate_subscripts($repair_rules, 1) AS place),
weighed AS (
    SELECT ledger_id, rule, count(*) AS n, count(*) FILTER (is_free) AS n_free, min(guard) AS guard,
           bool_and(party_agrees) AS is_known
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
        u.ledger_id, u.is_covered, u.is_apart, r.rule, r.place, coalesce(w.n, 0) AS n, w.n_free, w.guard, w.is_known,
        f.why_not AS refused_why,
        coalesce(p.rule = r.rule, FALSE) AS is_linked,
        u.ledger_id IN (SELECT ledger_id FROM explain_similar) AS has_similar,
        CASE r.rule
            WHEN 'voucher_rest' THEN u.is_of_voucher
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
    'ledger', ledger_id, 41 + place, rule,
    CASE WHEN is_linked AND n > 1 AND rule <> 'combined_sum' THEN 'last_left' WHEN is_linked THEN 'linked'
         WHEN NOT is_due THEN 'not_tried' WHEN refused_why IS NOT NULL THEN 'refused'
         WHEN rule NOT IN ('voucher_rest', 'second_error', 'combined_sum') AND has_similar THEN 'refused'
         WHEN is_apart THEN 'nothing_else' ELSE 'nothing' END AS outcome,
    CASE
        WHEN outcome <> 'refused' THEN NULL
        WHEN refused_why IS NOT NULL THEN refused_why
        WHEN n = 0 THEN 'number_differs'
        WHEN n_free > 1 OR (n > 1 AND n_free = 0 AND rule IN ('digits_lost', 'number_mistyped')) THEN 'several_equal'
        WHEN n > 1 AND n_free = 1 AND NOT is_covered THEN 'days_not_received'
        WHEN n > 1 THEN 'amount_recurs'
        WHEN n_free = 0 THEN guard
        WHEN is_known IS DISTINCT FROM TRUE THEN 'party_unknown'
        ELSE 'several_lines'
    END,
    MAP {'count': CAST(n AS VARCHAR)}
FROM tried;

INSERT INTO explain_pair
SELECT DISTINCT 'ledger', ledger_id, rule, upstream_id, guard
FROM explain_weighed
WHERE ledger_id NOT IN (SELECT ledger_id FROM work_repair)
UNION
SELECT 'ledger', ledger_id, rule, upstream_id, NULL FROM work_repair SEMI JOIN explain_unsure USING (ledger_id)
UNION
SELECT 'ledger', ledger_id, 'similar', upstream_id, guard FROM explain_similar;
