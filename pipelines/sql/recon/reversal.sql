-- what: which negative lines under the number of a reversed invoice are its red letters', and which invoices a list names that
--       are dead and not in its money
-- grain: work_named with other rows for these lines; work_reversal one row per such line; work_reversal_of per line and red letter
-- inputs: work_named, work_red_pair, work_known, work_open_ledger, work_cited_pair
-- parameters: $tolerance
-- A reversal may be booked under the blue number. In this order: it is the red letter of its money that nothing else books; it
-- stays where it is if the lines of the blue invoice then come to what that is; it is all red letters that are left
-- together; it is the next one that is left; it is one of its money that is booked already. Else it takes back part of the
-- blue invoice and stays there.

CREATE OR REPLACE TEMP TABLE work_reversal AS
SELECT n.ledger_id, n.upstream_id AS blue_id, l.posted_on, l.line_total, l.line_amount
FROM work_named n
JOIN work_open_ledger l ON l.record_id = n.ledger_id
WHERE n.is_reversal AND n.n_numbers = 1 AND n.upstream_id IN (SELECT blue_id FROM work_red_pair);

CREATE OR REPLACE TEMP TABLE work_reversing_red AS
SELECT
    p.blue_id, p.red_id, u.total_cny, u.amount_cny, u.issued_on,
    p.red_id NOT IN (SELECT upstream_id FROM work_named) AS is_free
FROM work_red_pair p
JOIN work_known u ON u.record_id = p.red_id
WHERE p.blue_id IN (SELECT blue_id FROM work_reversal);

-- A line that keeps no total is known by its amount. Sums are few: lines and red letters meet by them, and then in order.
CREATE OR REPLACE TEMP MACRO red_of_line(lines, reds) AS TABLE
WITH red AS (FROM query_table(reds)),
sum_of AS (SELECT DISTINCT blue_id, total_cny, amount_cny FROM red),
line AS (
    SELECT l.ledger_id, l.blue_id, l.posted_on, s.total_cny
    FROM query_table(lines) l JOIN sum_of s ON s.blue_id = l.blue_id AND s.total_cny = l.line_total
    UNION ALL
    SELECT l.ledger_id, l.blue_id, any_value(l.posted_on), min(s.total_cny)
    FROM query_table(lines) l JOIN sum_of s ON s.blue_id = l.blue_id AND s.amount_cny = l.line_amount
    WHERE l.line_total IS NULL
    GROUP BY l.ledger_id, l.blue_id
)
SELECT l.ledger_id, l.blue_id, r.red_id
FROM (SELECT *, row_number() OVER (PARTITION BY blue_id, total_cny ORDER BY posted_on, ledger_id) AS place FROM line) l
JOIN (SELECT *, row_number() OVER (PARTITION BY blue_id, total_cny ORDER BY issued_on, red_id) AS place FROM red) r
  USING (blue_id, total_cny, place);

CREATE OR REPLACE TEMP VIEW work_free_red AS SELECT * FROM work_reversing_red WHERE is_free;

CREATE OR REPLACE TEMP TABLE work_reversal_of AS
SELECT ledger_id, blue_id, red_id, TRUE AS is_same_money FROM red_of_line('work_reversal', 'work_free_red');

CREATE OR REPLACE TEMP TABLE work_reversal_left AS
WITH own AS (
    SELECT n.upstream_id AS blue_id, l.line_total, l.line_amount
    FROM work_named n
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    WHERE n.n_numbers = 1 AND n.upstream_id IN (SELECT blue_id FROM work_reversal)
      AND n.ledger_id NOT IN (SELECT ledger_id FROM work_reversal_of)
    UNION ALL
    -- A cleared line has the invoice's money.
    SELECT record_id, total_cny, amount_cny FROM work_known
    WHERE is_cleared AND record_id IN (SELECT blue_id FROM work_reversal)
),
balanced AS (
    SELECT o.blue_id
    FROM own o
    JOIN work_known u ON u.record_id = o.blue_id
    GROUP BY o.blue_id
    HAVING CASE WHEN count(o.line_total) = count(*) THEN abs(sum(o.line_total) - any_value(u.total_cny)) <= $tolerance
                WHEN count(o.line_amount) = count(*) THEN abs(sum(o.line_amount) - any_value(u.amount_cny)) <= $tolerance END
)
SELECT *, row_number() OVER (PARTITION BY blue_id ORDER BY posted_on, ledger_id) AS place,
       count(*) OVER (PARTITION BY blue_id) AS n_left
FROM work_reversal
WHERE ledger_id NOT IN (SELECT ledger_id FROM work_reversal_of) AND blue_id NOT IN (SELECT blue_id FROM balanced);

CREATE OR REPLACE TEMP TABLE work_red_left AS
SELECT *, row_number() OVER (PARTITION BY blue_id ORDER BY issued_on, red_id) AS place,
       sum(total_cny) OVER (PARTITION BY blue_id) AS sum_total, sum(amount_cny) OVER (PARTITION BY blue_id) AS sum_amount
FROM work_free_red
WHERE red_id NOT IN (SELECT red_id FROM work_reversal_of) AND blue_id IN (SELECT blue_id FROM work_reversal_left);

INSERT INTO work_reversal_of
SELECT l.ledger_id, l.blue_id, r.red_id, coalesce(l.line_total = r.total_cny, l.line_amount = r.amount_cny)
FROM work_reversal_left l
JOIN work_red_left r ON r.blue_id = l.blue_id
WHERE CASE WHEN l.n_left = 1 AND coalesce(abs(l.line_total - r.sum_total), abs(l.line_amount - r.sum_amount)) <= $tolerance
           THEN TRUE ELSE l.place = r.place END;

CREATE OR REPLACE TEMP TABLE work_reversal_left AS
SELECT * FROM work_reversal_left WHERE ledger_id NOT IN (SELECT ledger_id FROM work_reversal_of);

CREATE OR REPLACE TEMP VIEW work_free_red AS SELECT * FROM work_reversing_red WHERE NOT is_free;

INSERT INTO work_reversal_of SELECT ledger_id, blue_id, red_id, TRUE FROM red_of_line('work_reversal_left', 'work_free_red');

INSERT INTO work_named
SELECT
    n.ledger_id, r.red_id, 'reversal_of_blue', count(*) OVER (PARTITION BY n.ledger_id), n.is_whole_key, r.is_same_money,
    n.party_agrees, n.date_agrees, n.is_reversal
FROM work_named n
JOIN work_reversal_of r ON r.ledger_id = n.ledger_id AND r.blue_id = n.upstream_id;

DELETE FROM work_named WHERE rule <> 'reversal_of_blue' AND ledger_id IN (SELECT ledger_id FROM work_reversal_of);

DROP VIEW work_free_red;

DROP TABLE work_reversing_red;

DROP TABLE work_reversal_left;

DROP TABLE work_red_left;

-- Forms are voided within a range, and the line then carries the others: the dead ones are not on the books.
CREATE OR REPLACE TEMP TABLE work_not_carried AS
WITH listed AS (
    SELECT
        n.ledger_id, n.upstream_id, u.total_cny, u.amount_cny, l.line_total, l.line_amount, u.is_red,
        u.status IN ('void', 'red_full') OR u.record_id IN (SELECT blue_id FROM work_red_pair WHERE is_full) AS is_dead
    FROM work_named n
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    JOIN work_known u ON u.record_id = n.upstream_id
    WHERE n.n_numbers > 1 AND n.rule NOT IN ('decision', 'reversal_of_blue')
),
fitting AS (
    SELECT ledger_id FROM listed
    GROUP BY ledger_id
    HAVING bool_or(is_dead) AND NOT bool_and(is_dead) AND NOT bool_or(is_red)
       AND CASE WHEN any_value(line_total) IS NOT NULL
                THEN abs(any_value(line_total) - sum(total_cny) FILTER (NOT is_dead)) <= $tolerance
                ELSE abs(any_value(line_amount) - sum(amount_cny) FILTER (NOT is_dead)) <= $tolerance END
)
SELECT ledger_id, upstream_id FROM listed SEMI JOIN fitting USING (ledger_id) WHERE is_dead;

DELETE FROM work_named WHERE (ledger_id, upstream_id) IN (SELECT (ledger_id, upstream_id) FROM work_not_carried);

UPDATE work_named SET
    n_numbers = n.n_left,
    money_agrees = CASE WHEN n.n_left = 1 THEN TRUE ELSE money_agrees END
FROM (
    SELECT ledger_id, count(*) AS n_left FROM work_named
    WHERE ledger_id IN (SELECT ledger_id FROM work_not_carried)
    GROUP BY ledger_id
) n
WHERE work_named.ledger_id = n.ledger_id;
