-- what: which lines under the number of a reversed invoice are its red letters', which wait for a red letter that may still
--       come, and which invoices a list names that are dead and not in its money
-- grain: work_named with other rows for these lines; work_reversal one row per negative line; work_reversing_red one row per red
--        letter; work_reversal_of per line and invoice that it turns out to book; work_awaiting_red one row per line that waits;
--        work_day_of_blue one row per such line and invoice that has the day of the blue one
-- inputs: work_named, work_red_pair, work_void_red_pair, work_red_alone, work_known, work_open_ledger, work_reference,
--         work_decided, work_forbidden, work_cited_pair, the macro looked_at (coverage.sql)
-- parameters: $tolerance, $max_repeated, $max_pairs, $as_of, $grace_hours, $lookback_days
-- A reversal may be booked under the blue number. In this order: a list books the red letters of what it names if they make up
-- its money; a line is the red letter whose money it has and that nothing else books, in whole or for the rest; it is all that are
-- left together; it stays where it is if the lines of the blue invoice then come to what that is, or if it takes back one
-- of several bookings; all lines that are left are the one red letter that is left, if they come to it; the last booking of
-- the blue invoice is net of the red letters that are left, if the lines come to that; a line is the next one that is left; it is
-- one of its money that was voided, or is booked already. Else it takes back part of the blue invoice and stays there.

CREATE OR REPLACE TEMP TABLE work_reversal AS
SELECT n.ledger_id, n.upstream_id AS blue_id, TRUE AS is_known, l.posted_on, l.line_total, l.line_amount
FROM work_named n
JOIN work_open_ledger l ON l.record_id = n.ledger_id
JOIN work_known u ON u.record_id = n.upstream_id
WHERE n.is_reversal AND n.n_numbers = 1 AND NOT u.is_red;

-- Its blue invoice may never have been received: then the number that both cite is what they have in common. A whole key
-- needs a party that does not conflict, less than that one that agrees.
CREATE OR REPLACE TEMP TABLE work_reversal_alone AS
WITH line AS (
    SELECT DISTINCT
        l.record_id, l.taxpayer_id, l.direction, l.party_id, l.party_name, l.posted_on, l.line_total, l.line_amount, r.number, r.code,
        right(r.number, 8) AS ending
    FROM work_reference r
    JOIN work_open_ledger l ON l.record_id = r.ledger_id
    WHERE r.n_numbers = 1 AND coalesce(l.line_total, l.line_amount) < 0
      AND l.record_id NOT IN (SELECT ledger_id FROM work_named)
      AND l.record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'ledger' AND kind IN ('link', 'leave_alone'))
),
red AS (
    SELECT
        *, right(original_number, 8) AS ending,
        concat_ws('|', taxpayer_id, direction, original_code, original_number) AS blue_id
    FROM work_red_alone
),
crowd AS (
    SELECT l.taxpayer_id, l.direction, l.ending
    FROM (SELECT taxpayer_id, direction, ending, count(*) AS n_lines FROM line GROUP BY ALL) l
    JOIN (SELECT taxpayer_id, direction, ending, count(*) AS n_reds FROM red GROUP BY ALL) r USING (taxpayer_id, direction, ending)
    WHERE n_lines * n_reds > $max_pairs
)
SELECT l.record_id AS ledger_id, r.blue_id, r.record_id AS red_id, l.posted_on, l.line_total, l.line_amount
FROM line l
ANTI JOIN crowd c USING (taxpayer_id, direction, ending)
JOIN red r USING (taxpayer_id, direction, ending)
WHERE CASE
    WHEN l.number = r.original_number AND (length(l.number) = 20 OR l.code = r.original_code)
        THEN party_agrees(l.party_id, l.party_name, r.party_id, r.party_name) IS DISTINCT FROM FALSE
    WHEN (l.number = r.original_number AND (l.code IS NULL OR r.original_code IS NULL))
      OR (length(l.number) = 8 AND l.code IS NULL) OR (length(r.original_number) = 8 AND r.original_code IS NULL)
        THEN party_agrees(l.party_id, l.party_name, r.party_id, r.party_name) END
QUALIFY count(DISTINCT r.blue_id) OVER (PARTITION BY l.record_id) = 1;

INSERT INTO work_reversal
SELECT DISTINCT ledger_id, blue_id, FALSE, posted_on, line_total, line_amount FROM work_reversal_alone;

-- What is left of a red letter to be booked: nothing beside a line that books it, the rest beside one that books part of it.
CREATE OR REPLACE TEMP TABLE work_reversing_red AS
WITH red AS (
    SELECT blue_id, red_id FROM work_red_pair
    UNION
    SELECT blue_id, red_id FROM work_reversal_alone
),
own AS (
    SELECT
        n.upstream_id, max(n.n_numbers) = 1 AND bool_and(n.rule <> 'decision') AS is_plain,
        CASE WHEN count(l.line_total) = count(*) THEN sum(l.line_total) END AS line_total,
        CASE WHEN count(l.line_amount) = count(*) THEN sum(l.line_amount) END AS line_amount
    FROM work_named n
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    WHERE n.upstream_id IN (SELECT red_id FROM red)
    GROUP BY n.upstream_id
)
SELECT *, is_free OR (is_plain AND coalesce(total_cny, amount_cny) < -$tolerance) AS is_open
FROM (
    SELECT
        r.blue_id, r.red_id, u.issued_on, u.total_cny AS whole_total, u.amount_cny AS whole_amount,
        o.upstream_id IS NULL AS is_free, o.is_plain,
        CASE WHEN is_free OR o.line_total < 0 THEN u.total_cny - coalesce(o.line_total, 0) END AS total_cny,
        CASE WHEN is_free OR o.line_amount < 0 THEN u.amount_cny - coalesce(o.line_amount, 0) END AS amount_cny
    FROM red r
    JOIN work_known u ON u.record_id = r.red_id
    LEFT JOIN own o ON o.upstream_id = r.red_id
);

CREATE OR REPLACE TEMP TABLE work_reversal_of (ledger_id VARCHAR, blue_id VARCHAR, upstream_id VARCHAR);

CREATE OR REPLACE TEMP VIEW work_line_left AS
SELECT * FROM work_reversal WHERE ledger_id NOT IN (SELECT ledger_id FROM work_reversal_of);

CREATE OR REPLACE TEMP VIEW work_red_left AS
SELECT * FROM work_reversing_red WHERE is_open AND red_id NOT IN (SELECT upstream_id FROM work_reversal_of);

CREATE OR REPLACE TEMP VIEW work_left_together AS
SELECT blue_id, count(*) AS n_red, sum(total_cny) AS total_cny, sum(amount_cny) AS amount_cny FROM work_red_left GROUP BY blue_id;

-- The rest of a list is what it was.
INSERT INTO work_reversal_of
WITH listed AS (
    SELECT
        n.ledger_id, n.upstream_id, n.n_numbers, r.n_red, r.blue_id IS NOT NULL AS is_reversed,
        coalesce(l.line_total, l.line_amount) AS money,
        CASE WHEN l.line_total IS NOT NULL THEN u.total_cny ELSE u.amount_cny END AS whole,
        CASE WHEN l.line_total IS NOT NULL THEN r.total_cny ELSE r.amount_cny END AS reversed
    FROM work_named n
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    JOIN work_known u ON u.record_id = n.upstream_id
    LEFT JOIN work_left_together r ON r.blue_id = n.upstream_id
    WHERE n.n_numbers > 1 AND n.rule <> 'decision'
      AND n.ledger_id IN (SELECT ledger_id FROM work_named WHERE upstream_id IN (SELECT blue_id FROM work_red_pair))
),
fitting AS (
    SELECT ledger_id FROM listed
    GROUP BY ledger_id
    HAVING max(n_red) <= $max_repeated AND count(*) = any_value(n_numbers) AND abs(any_value(money) - sum(whole)) > $tolerance
       AND abs(any_value(money) - sum(CASE WHEN is_reversed THEN reversed ELSE whole END)) <= $tolerance
)
SELECT l.ledger_id, l.upstream_id, coalesce(r.red_id, l.upstream_id)
FROM listed l
SEMI JOIN fitting USING (ledger_id)
LEFT JOIN work_red_left r ON r.blue_id = l.upstream_id;

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

INSERT INTO work_reversal_of FROM red_of_line('work_line_left', 'work_red_left');

INSERT INTO work_reversal_of
WITH whole AS (
    SELECT l.blue_id, arg_min(l.ledger_id, (l.posted_on, l.ledger_id)) AS ledger_id
    FROM work_line_left l
    JOIN work_left_together r ON r.blue_id = l.blue_id
    WHERE coalesce(abs(l.line_total - r.total_cny), abs(l.line_amount - r.amount_cny)) <= $tolerance
    GROUP BY l.blue_id
)
SELECT w.ledger_id, w.blue_id, r.red_id FROM whole w JOIN work_red_left r ON r.blue_id = w.blue_id;

-- The lines that are the blue invoice's own by now.
CREATE OR REPLACE TEMP TABLE work_own_line AS
SELECT n.upstream_id AS blue_id, n.ledger_id, l.posted_on, l.line_total, l.line_amount, n.rule = 'decision' AS is_fixed
FROM work_named n
JOIN work_open_ledger l ON l.record_id = n.ledger_id
WHERE n.n_numbers = 1 AND n.ledger_id NOT IN (SELECT ledger_id FROM work_reversal_of)
  AND (n.upstream_id IN (SELECT blue_id FROM work_reversal) OR n.upstream_id IN (SELECT blue_id FROM work_red_left))
UNION ALL
-- A cleared line has the invoice's money.
SELECT c.upstream_id, c.ledger_id, u.issued_on, u.total_cny, u.amount_cny, TRUE
FROM work_cited_pair c
JOIN work_known u ON u.record_id = c.upstream_id
WHERE u.is_cleared AND c.upstream_id IN (SELECT blue_id FROM work_reversal);

CREATE OR REPLACE TEMP TABLE work_own_sum AS
SELECT
    o.blue_id, any_value(u.total_cny) AS total_cny, any_value(u.amount_cny) AS amount_cny,
    CASE WHEN count(o.line_total) = count(*) THEN sum(o.line_total) END AS line_total,
    CASE WHEN count(o.line_amount) = count(*) THEN sum(o.line_amount) END AS line_amount
FROM work_own_line o
JOIN work_known u ON u.record_id = o.blue_id
GROUP BY o.blue_id;

-- What takes back one of several bookings is set against it, as in line_role.
CREATE OR REPLACE TEMP TABLE work_staying AS
WITH own AS (
    SELECT *, coalesce(line_total, line_amount) AS money FROM work_own_line
),
taken_back AS (
    SELECT blue_id, ledger_id, money FROM (
        SELECT *, row_number() OVER (PARTITION BY blue_id, money ORDER BY posted_on, ledger_id) AS place FROM own
    )
    WHERE money <> 0
    QUALIFY count(*) OVER (PARTITION BY blue_id, abs(money), place) = 2
),
again AS (
    SELECT blue_id FROM own
    GROUP BY blue_id
    HAVING count(*) FILTER (money > 0 AND ledger_id NOT IN (SELECT ledger_id FROM taken_back)) > 0
),
balanced AS (
    SELECT blue_id FROM work_own_sum
    WHERE coalesce(abs(line_total - total_cny), abs(line_amount - amount_cny)) <= $tolerance
)
SELECT ledger_id FROM taken_back SEMI JOIN again USING (blue_id) WHERE money < 0
UNION
SELECT ledger_id FROM work_line_left SEMI JOIN balanced USING (blue_id);

DELETE FROM work_reversal WHERE ledger_id IN (SELECT ledger_id FROM work_staying);

INSERT INTO work_reversal_of
WITH line AS (
    SELECT
        blue_id, CASE WHEN count(line_total) = count(*) THEN sum(line_total) END AS line_total,
        CASE WHEN count(line_amount) = count(*) THEN sum(line_amount) END AS line_amount
    FROM work_line_left
    GROUP BY blue_id
)
SELECT n.ledger_id, n.blue_id, r.red_id
FROM line l
JOIN work_left_together t ON t.blue_id = l.blue_id AND t.n_red = 1
JOIN work_line_left n ON n.blue_id = l.blue_id
JOIN work_red_left r ON r.blue_id = l.blue_id
WHERE coalesce(abs(l.line_total - t.total_cny), abs(l.line_amount - t.amount_cny)) <= $tolerance;

-- Booked net: in one entry, or by taking the first one back.
INSERT INTO work_reversal_of
WITH last_booking AS (
    SELECT blue_id, arg_max(ledger_id, (posted_on, ledger_id)) AS ledger_id FROM work_own_line
    WHERE coalesce(line_total, line_amount) > 0
    GROUP BY blue_id
    HAVING NOT bool_or(is_fixed)
),
net AS (
    SELECT b.blue_id, b.ledger_id
    FROM work_own_sum s
    JOIN last_booking b ON b.blue_id = s.blue_id
    JOIN work_left_together r ON r.blue_id = s.blue_id
    WHERE coalesce(abs(s.line_total - s.total_cny - r.total_cny), abs(s.line_amount - s.amount_cny - r.amount_cny)) <= $tolerance
      -- A red letter of cents is no difference.
      AND coalesce(abs(s.line_total - s.total_cny), abs(s.line_amount - s.amount_cny)) > $tolerance
      AND s.blue_id NOT IN (SELECT blue_id FROM work_line_left)
      AND s.blue_id NOT IN (SELECT blue_id FROM work_red_pair WHERE is_full)
)
SELECT n.ledger_id, n.blue_id, r.red_id FROM net n JOIN work_red_left r ON r.blue_id = n.blue_id
UNION ALL
SELECT ledger_id, blue_id, blue_id FROM net;

INSERT INTO work_reversal_of
SELECT l.ledger_id, l.blue_id, r.red_id
FROM (SELECT *, row_number() OVER (PARTITION BY blue_id ORDER BY posted_on, ledger_id) AS place FROM work_line_left WHERE is_known) l
JOIN (SELECT *, row_number() OVER (PARTITION BY blue_id ORDER BY issued_on, red_id) AS place FROM work_red_left WHERE is_free) r
  USING (blue_id, place);

CREATE OR REPLACE TEMP VIEW work_void_red AS
SELECT p.blue_id, p.red_id, u.total_cny, u.amount_cny, u.issued_on
FROM work_void_red_pair p
JOIN work_known u ON u.record_id = p.red_id
WHERE p.red_id NOT IN (SELECT upstream_id FROM work_named);

INSERT INTO work_reversal_of FROM red_of_line('work_line_left', 'work_void_red');

INSERT INTO work_reversal_of
WITH booked AS (
    SELECT blue_id, 'total' AS kind, whole_total AS money, min(red_id) AS red_id FROM work_reversing_red GROUP BY blue_id, money
    UNION ALL
    SELECT blue_id, 'amount', whole_amount AS money, min(red_id) FROM work_reversing_red GROUP BY blue_id, money
)
SELECT l.ledger_id, l.blue_id, b.red_id
FROM work_line_left l
JOIN booked b
  ON b.blue_id = l.blue_id AND b.money = coalesce(l.line_total, l.line_amount)
 AND b.kind = CASE WHEN l.line_total IS NOT NULL THEN 'total' ELSE 'amount' END
WHERE l.is_known;

DELETE FROM work_reversal_of
WHERE ledger_id IN (SELECT o.ledger_id FROM work_reversal_of o SEMI JOIN work_forbidden f USING (ledger_id, upstream_id));

-- The red letter of what is left may still come, or be of a day that was not received, if there is an invoice to reverse.
CREATE OR REPLACE TEMP TABLE work_red_awaited AS
SELECT l.record_id, l.taxpayer_id, l.direction, l.posted_on, l.invoice_date, r.blue_id, u.status
FROM work_line_left r
JOIN work_named n ON n.ledger_id = r.ledger_id AND n.rule <> 'decision' AND n.date_agrees IS NOT TRUE
JOIN work_open_ledger l ON l.record_id = r.ledger_id
JOIN work_known u ON u.record_id = r.blue_id
WHERE u.status IN ('normal', 'red_partial') AND r.blue_id NOT IN (SELECT blue_id FROM work_red_pair WHERE is_full);

CREATE OR REPLACE TEMP TABLE work_awaiting_red AS
SELECT k.ledger_id, l.blue_id
FROM looked_at('work_red_awaited', $as_of::TIMESTAMP, $grace_hours, $lookback_days) k
JOIN work_red_awaited l ON l.record_id = k.ledger_id
WHERE k.due_at > $as_of::TIMESTAMP
   OR (NOT k.is_covered AND (l.invoice_date IS NOT NULL OR l.status = 'red_partial'));

DELETE FROM work_named WHERE ledger_id IN (SELECT ledger_id FROM work_awaiting_red);

-- A line that keeps the number of the blue invoice may keep its day, too.
CREATE OR REPLACE TEMP TABLE work_day_of_blue AS
SELECT o.ledger_id, o.upstream_id
FROM work_reversal_of o
JOIN work_open_ledger l ON l.record_id = o.ledger_id
JOIN work_known u ON u.record_id = o.blue_id AND u.issued_on = l.invoice_date;

INSERT INTO work_named
SELECT
    o.ledger_id, o.upstream_id, 'reversal_of_blue', count(*) OVER (PARTITION BY o.ledger_id), coalesce(n.is_whole_key, FALSE),
    coalesce(l.line_total = u.total_cny, l.line_amount = u.amount_cny),
    party_agrees(l.party_id, l.party_name, u.party_id, u.party_name), l.invoice_date = u.issued_on OR d.ledger_id IS NOT NULL,
    coalesce(l.line_total, l.line_amount) < 0
FROM work_reversal_of o
JOIN work_open_ledger l ON l.record_id = o.ledger_id
JOIN work_known u ON u.record_id = o.upstream_id
LEFT JOIN work_day_of_blue d ON d.ledger_id = o.ledger_id AND d.upstream_id = o.upstream_id
LEFT JOIN work_named n ON n.ledger_id = o.ledger_id AND n.upstream_id = o.blue_id;

DELETE FROM work_named WHERE rule <> 'reversal_of_blue' AND ledger_id IN (SELECT ledger_id FROM work_reversal_of);

DROP VIEW work_left_together;

DROP VIEW work_line_left;

DROP VIEW work_red_left;

DROP VIEW work_void_red;

DROP TABLE work_reversal_alone;

DROP TABLE work_reversing_red;

DROP TABLE work_own_line;

DROP TABLE work_own_sum;

DROP TABLE work_staying;

DROP TABLE work_red_awaited;

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
