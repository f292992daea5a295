-- what: the steps before any rule: what a person decided, a pair cleared at once, and how the reference was read
-- grain: explain_step one row per record, step and reading; explain_pair one row per record, step and record compared
-- inputs: explain_record, work_ledger, work_reference, work_claim, work_cleared, work_reopened, work_impossible,
--         work_accepted, work_lone, work_decision, work_decision_record
-- parameters: none

CREATE OR REPLACE TEMP TABLE explain_step (
    side VARCHAR, record_id VARCHAR, place INTEGER, step VARCHAR, result VARCHAR, why_not VARCHAR,
    facts MAP(VARCHAR, VARCHAR)
);

CREATE OR REPLACE TEMP TABLE explain_pair (
    side VARCHAR, record_id VARCHAR, step VARCHAR, other_id VARCHAR, why_not VARCHAR
);

INSERT INTO explain_step
SELECT
    r.side, r.record_id, 0, 'decision', d.kind, NULL,
    MAP {'decision_id': d.decision_id, 'decided_by': d.decided_by, 'decided_at': CAST(d.decided_at AS VARCHAR),
         'reason': d.reason, 'until_on': coalesce(CAST(d.until_on AS VARCHAR), ''), 'state': d.state}
FROM explain_record AS r
JOIN work_decision_record AS n ON n.side = r.side AND n.record_id = r.record_id
JOIN work_decision AS d ON d.decision_id = n.decision_id;

INSERT INTO explain_step
SELECT 'ledger', r.record_id, 1, 'cleared', 'linked', NULL, MAP {'number': c.number}
FROM explain_record AS r JOIN work_cleared AS c ON c.ledger_id = r.record_id
WHERE r.side = 'ledger';

INSERT INTO explain_step
SELECT 'ledger', r.record_id, 2, 'cleared', 'reopened', NULL, MAP {'number': shown_number(u.code, u.number)}
FROM explain_record AS r
JOIN work_reopened AS c ON c.ledger_id = r.record_id
JOIN work_upstream AS u ON u.record_id = c.upstream_id
WHERE r.side = 'ledger';

INSERT INTO explain_step
WITH line AS (
    SELECT l.record_id, coalesce(l.invoice_reference, '') AS reference, plain_reference(l.invoice_reference) AS plain
    FROM explain_record AS r JOIN work_ledger AS l ON l.record_id = r.record_id
    WHERE r.side = 'ledger' AND r.record_id NOT IN (SELECT record_id FROM explain_step WHERE step = 'cleared')
),
reading AS (
    SELECT
        ledger_id, alt, any_value(form) AS form, any_value(code) AS code, count(*) AS n_numbers,
        array_to_string(list(number ORDER BY position)[:4], '、') AS numbers
    FROM work_reference
    WHERE ledger_id IN (SELECT record_id FROM line)
      -- Every 20 digits may be a code and a number; worth a word only where such an invoice is there, or where they are
      -- nothing else.
      AND (form <> 'split_code' OR starts_with(code, '0')
           OR ledger_id IN (SELECT ledger_id FROM work_claim WHERE form = 'split_code'))
    GROUP BY ledger_id, alt
)
SELECT
    'ledger', l.record_id, 10 + coalesce(g.alt, 0), 'reading',
    CASE
        WHEN g.form IS NOT NULL THEN 'read'
        WHEN coalesce(trim(l.plain), '') = '' THEN 'empty'
        WHEN float_digits(l.plain) IS NOT NULL THEN 'float'
        ELSE 'unreadable'
    END,
    NULL,
    MAP {'reference': l.reference, 'form': coalesce(g.form, ''), 'digits': coalesce(float_digits(l.plain), ''),
         'numbers': coalesce(CASE WHEN g.n_numbers = 1 THEN shown_number(g.code, g.numbers) ELSE g.numbers END, ''),
         'count': CAST(coalesce(g.n_numbers, 0) AS VARCHAR)}
FROM line AS l
LEFT JOIN reading AS g ON g.ledger_id = l.record_id;

INSERT INTO explain_step
SELECT 'ledger', r.record_id, 15, 'structure', 'impossible', 'impossible_number', MAP {}::MAP(VARCHAR, VARCHAR)
FROM explain_record AS r JOIN work_impossible AS i ON i.ledger_id = r.record_id
WHERE r.side = 'ledger'
  -- Digits that name an invoice are part of its number.
  AND (r.record_id NOT IN (SELECT ledger_id FROM work_accepted) OR 'L:' || r.record_id IN (SELECT item_id FROM work_lone));
