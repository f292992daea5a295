-- what: one reading per reference; ranges that are too long are set aside
-- grain: work_read one row per line; work_named one row per ledger line and invoice that it names; work_long_range one row per
--        line that is set aside; work_reference loses the counts that make up no money
-- inputs: work_accepted, work_claim, work_open_ledger, work_known, work_decided_link, work_open_upstream, work_reference
-- parameters: $tolerance

-- The reading of which all is there and adds up to the line's money. Else the one of which most is there, but none that takes
-- what could be a number for a remark, or goes by a count.
CREATE OR REPLACE TEMP TABLE work_read AS
WITH found AS (
    SELECT
        ledger_id, alt, count(*) / max(n_numbers) AS share,
        (ledger_id, alt) IN (SELECT (ledger_id, alt) FROM work_reference WHERE form = 'remark') AS is_remark,
        (ledger_id, alt) IN (SELECT (ledger_id, alt) FROM work_reference WHERE form = 'counted') AS is_counted
    FROM work_accepted GROUP BY ledger_id, alt
),
several AS (
    SELECT ledger_id, alt FROM found WHERE share = 1
    QUALIFY count(*) OVER (PARTITION BY ledger_id) > 1 OR is_remark OR is_counted
),
summed AS (
    SELECT
        a.ledger_id, a.alt,
        abs(any_value(coalesce(l.line_total, l.line_amount))
            - sum(CASE WHEN l.line_total IS NOT NULL THEN u.total_cny ELSE u.amount_cny END)) AS gap
    FROM work_accepted a
    SEMI JOIN several USING (ledger_id, alt)
    JOIN work_open_ledger l ON l.record_id = a.ledger_id
    JOIN work_known u ON u.record_id = a.upstream_id
    GROUP BY a.ledger_id, a.alt
)
SELECT ledger_id, alt FROM found LEFT JOIN summed USING (ledger_id, alt)
WHERE NOT is_counted OR gap <= $tolerance
QUALIFY row_number() OVER (
    PARTITION BY ledger_id
    ORDER BY CASE WHEN gap <= $tolerance THEN gap END NULLS LAST, is_remark, share DESC, alt
) = 1;

DELETE FROM work_reference WHERE form = 'counted' AND (ledger_id, alt) NOT IN (SELECT (ledger_id, alt) FROM work_read);

CREATE OR REPLACE TEMP TABLE work_named AS
SELECT
    a.ledger_id, a.upstream_id, min(a.rule) AS rule, max(a.n_numbers) AS n_numbers,
    bool_or(c.is_whole_key) AS is_whole_key, bool_or(c.money_agrees) AS money_agrees,
    bool_or(c.party_agrees) AS party_agrees, bool_or(c.date_agrees) AS date_agrees, bool_or(c.is_reversal) AS is_reversal
FROM work_accepted a
JOIN work_read USING (ledger_id, alt)
JOIN work_claim c
  ON c.ledger_id = a.ledger_id AND c.alt = a.alt AND c.position = a.position AND c.upstream_id = a.upstream_id
GROUP BY a.ledger_id, a.upstream_id;

-- Of a range that is too long to be expanded only the ends were read: they are the line's only if they make up its money.
CREATE OR REPLACE TEMP TABLE work_long_range AS
WITH long_range AS (SELECT DISTINCT ledger_id FROM work_reference WHERE form = 'long_range'),
made_up AS (
    SELECT n.ledger_id
    FROM work_named n
    SEMI JOIN long_range USING (ledger_id)
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    JOIN work_known u ON u.record_id = n.upstream_id
    GROUP BY n.ledger_id
    HAVING count(*) = any_value(n.n_numbers)
       AND abs(any_value(coalesce(l.line_total, l.line_amount))
               - sum(CASE WHEN l.line_total IS NOT NULL THEN u.total_cny ELSE u.amount_cny END)) <= $tolerance
)
SELECT ledger_id FROM long_range WHERE ledger_id NOT IN (SELECT ledger_id FROM made_up);

INSERT INTO work_refused
SELECT ledger_id, upstream_id, 'range_skipped', rule FROM work_named SEMI JOIN work_long_range USING (ledger_id);

DELETE FROM work_named WHERE ledger_id IN (SELECT ledger_id FROM work_long_range);

-- What a person linked needs no number.
INSERT INTO work_named
SELECT
    d.ledger_id, d.upstream_id, 'decision', d.n_numbers, TRUE, l.line_total = u.total_cny,
    party_agrees(l.party_id, l.party_name, u.party_id, u.party_name), l.invoice_date = u.issued_on, FALSE
FROM work_decided_link d
JOIN work_open_ledger l ON l.record_id = d.ledger_id
JOIN work_open_upstream u ON u.record_id = d.upstream_id;
