-- what: the invoices that are still open, and of the others those that an open line or a red-letter invoice names
-- grain: work_red one row per red-letter invoice; work_reference with the red letters' numbers for those of confirmations;
--        work_cited_key one row per way and key; work_cited_pair one row per cleared pair; work_known and work_open_upstream one
--        row per invoice; work_listed_twice one row per surplus row
-- inputs: work_due_upstream, work_upstream, work_open_ledger, work_cleared, work_carried, work_reference, work_decided,
--         work_decided_link, work_forbidden, the macro same_invoice (decided.sql)
-- parameters: $as_of
-- One scan of the whole population, so that the rules below read little: a number may name an invoice that is cleared.

CREATE OR REPLACE TEMP TABLE work_red AS
WITH cited AS (
    SELECT
        record_id, taxpayer_id, direction, number, code, issued_on, party_id, party_name, total_cny, status = 'void' AS is_void,
        remark,
        regexp_replace(original_invoice_number, '[^0-9]', '', 'g') AS digits,
        -- The column may hold code and number; 20 digits of no year are such too.
        length(digits) IN (18, 19) OR (length(digits) = 20 AND digits < '21') AS has_code
    FROM work_due_upstream
    WHERE is_red
)
SELECT
    record_id, taxpayer_id, direction, number, code, issued_on, party_id, party_name, total_cny, is_void,
    padded_number(coalesce(
        CASE WHEN has_code THEN right(digits, 8) ELSE nullif(digits, '') END,
        nullif(regexp_extract(remark, '蓝字(?:数电)?(?:发)?票?号码\s*[:：]?\s*([0-9]{8,20})', 1), ''),
        nullif(regexp_extract(remark, '号码\s*[:：]?\s*([0-9]{8,20})', 1), '')
    )) AS original_number,
    coalesce(
        CASE WHEN has_code THEN padded_code(left(digits, -8)) END,
        nullif(regexp_extract(remark, '代码\s*[:：]?\s*([0-9]{10,12})', 1), '')
    ) AS original_code,
    nullif(regexp_extract(remark, confirmation(), 1), '') AS confirmation
FROM cited;

-- A red letter may be booked under the number of its confirmation: where only one red letter has that, its own number is meant.
UPDATE work_reference r SET number = c.number, code = c.code
FROM work_open_ledger l, (
    SELECT taxpayer_id, direction, confirmation, any_value(number) AS number, any_value(code) AS code FROM work_red
    WHERE confirmation IS DISTINCT FROM original_number AND NOT is_void
    GROUP BY taxpayer_id, direction, confirmation
    HAVING count(DISTINCT concat_ws('-', work_red.code, work_red.number)) = 1
) c
WHERE r.number = c.confirmation AND l.record_id = r.ledger_id
  AND l.taxpayer_id = c.taxpayer_id AND l.direction = c.direction;

-- Of the cleared pairs only these matter to anybody else: something of the same company cites their number, or eight digits
-- that theirs ends with, or how it begins. Which of them it names is for the rules to say. 20 digits name one number only;
-- what may also be a code and a number (split_code) names those.
CREATE OR REPLACE TEMP TABLE work_cited_key AS
WITH cited AS (
    SELECT l.taxpayer_id, l.direction, r.number, r.code, r.form = 'split_code' AS is_split
    FROM work_reference r JOIN work_open_ledger l ON l.record_id = r.ledger_id
    UNION ALL
    SELECT taxpayer_id, direction, original_number, NULL, FALSE FROM work_red WHERE original_number IS NOT NULL
)
SELECT 'number' AS way, clearing_key(taxpayer_id, direction, number, code) AS key_hash FROM cited
WHERE length(number) = 20 OR is_split
UNION ALL
SELECT 'end', tail_key(company_key(taxpayer_id, direction), number) FROM cited
WHERE length(number) BETWEEN 8 AND 18 AND NOT is_split
UNION ALL
SELECT 'paper', tail_key(company_key(taxpayer_id, direction), number) FROM cited WHERE length(number) = 8
UNION ALL
SELECT DISTINCT 'front', front_key(number) FROM cited WHERE is_front(number, code, $as_of::TIMESTAMP);

-- Few ledgers cut numbers off: the others do not look at how every number begins.
SET VARIABLE has_front = (SELECT count(*) > 0 FROM work_cited_key WHERE way = 'front');

CREATE OR REPLACE TEMP TABLE work_cited_pair AS
WITH cited_paper AS (
    SELECT record_id FROM work_upstream
    WHERE paper_number IS NOT NULL
      AND tail_key(company_key(taxpayer_id, direction), paper_number) IN (SELECT key_hash FROM work_cited_key WHERE way = 'paper')
)
SELECT upstream_id, ledger_id, cleared_rule(is_short, number) AS rule, FALSE AS is_carried FROM work_cleared
WHERE key_hash IN (SELECT key_hash FROM work_cited_key WHERE way = 'number')
   OR tail_key(company_hash, number) IN (SELECT key_hash FROM work_cited_key WHERE way = 'end')
   OR CASE WHEN getvariable('has_front') THEN front_key(number) END
      IN (SELECT key_hash FROM work_cited_key WHERE way = 'front')
   OR upstream_id IN (SELECT record_id FROM cited_paper)
UNION ALL
-- Each hash on its own, and the small side filtered: so DuckDB looks for it while it reads and leaves the texts alone.
(
    SELECT upstream_id, ledger_id, 'exact_key', TRUE FROM work_carried
    WHERE key_hash IN (SELECT key_hash FROM work_cited_key WHERE way = 'number')
    UNION
    SELECT upstream_id, ledger_id, 'exact_key', TRUE FROM work_carried
    WHERE tail_hash IN (SELECT key_hash FROM work_cited_key WHERE way = 'end')
    UNION
    SELECT upstream_id, ledger_id, 'exact_key', TRUE FROM work_carried
    WHERE getvariable('has_front') AND front_key(number) IN (SELECT key_hash FROM work_cited_key WHERE way = 'front')
    UNION
    SELECT upstream_id, ledger_id, 'exact_key', TRUE FROM work_carried
    WHERE upstream_hash IN (SELECT hash(record_id) FROM cited_paper WHERE record_id <> '')
      AND upstream_id IN (SELECT record_id FROM cited_paper)
);

CREATE OR REPLACE TEMP TABLE work_known AS
WITH closed AS (SELECT key_hash FROM work_cleared ANTI JOIN work_cited_pair USING (upstream_id))
SELECT
    u.* EXCLUDE (remark, original_invoice_number, written_name) REPLACE (said_party_key(u.party_id) AS party_hash),
    name_key(u.party_name) AS name_hash,
    c.upstream_id IS NOT NULL AS is_cleared
FROM work_due_upstream u
ANTI JOIN closed ON closed.key_hash = clearing_key(u.taxpayer_id, u.direction, u.number, u.code)
LEFT JOIN work_cited_pair c ON c.upstream_id = u.record_id
UNION ALL BY NAME
SELECT
    u.* EXCLUDE (remark, original_invoice_number, written_name) REPLACE (said_party_key(u.party_id) AS party_hash),
    name_key(u.party_name) AS name_hash,
    TRUE AS is_cleared
FROM work_upstream u
JOIN work_cited_pair c ON c.upstream_id = u.record_id
WHERE c.is_carried;

CREATE OR REPLACE TEMP VIEW work_open_upstream AS SELECT * EXCLUDE (is_cleared) FROM work_known WHERE NOT is_cleared;

-- The latest state is the invoice; of rows that were seen at once that is the one in which an invoice ends.
CREATE OR REPLACE TEMP TABLE work_listed_twice AS
WITH repeated AS (
    SELECT hash(taxpayer_id, direction, number) AS number_hash FROM work_open_upstream
    GROUP BY number_hash
    HAVING count(*) > 1
)
SELECT
    record_id,
    first_value(record_id) OVER key_order AS first_id
FROM work_open_upstream
WHERE hash(taxpayer_id, direction, number) IN (SELECT number_hash FROM repeated)
WINDOW key_order AS (
    PARTITION BY taxpayer_id, direction, same_invoice(number, code, party_id, party_name, issued_on, total_cny)
    ORDER BY observed_at DESC, CASE status WHEN 'normal' THEN 2 WHEN 'red_partial' THEN 1 ELSE 0 END, issued_on, record_id
)
QUALIFY row_number() OVER key_order > 1;

-- A decision is about the invoice, whichever of its rows a person named.
UPDATE work_decided SET record_id = t.first_id FROM work_listed_twice t
WHERE work_decided.side = 'upstream' AND t.record_id = work_decided.record_id;

UPDATE work_forbidden SET upstream_id = t.first_id FROM work_listed_twice t WHERE t.record_id = work_forbidden.upstream_id;

CREATE OR REPLACE TEMP TABLE work_decided_link AS
SELECT ledger_id, upstream_id, count(*) OVER (PARTITION BY ledger_id) AS n_numbers
FROM (
    SELECT DISTINCT d.ledger_id, coalesce(t.first_id, d.upstream_id) AS upstream_id
    FROM work_decided_link d LEFT JOIN work_listed_twice t ON t.record_id = d.upstream_id
);

DROP TABLE work_cited_key;
