-- what: the bulk, cleared in one join: the same number on both sides, once each, with everything that both have equal
-- grain: work_repeated_key one row per key that several records of a side share; work_name one row per name;
--        work_company one row per taxpayer and direction; work_cleared one row per cleared pair
-- inputs: work_due_upstream, work_due_ledger, work_due_name, work_decided
-- parameters: none
-- Whatever is not plainly equal is left to the rules; nothing is decided here that they could decide otherwise.

-- Repeated keys leave before the join: it meets every record at most once, and no crowd is ever joined. By 64 bits: two
-- keys that share them are left to the rules, which come to the same result. So the key_hash of a cleared pair belongs to one
-- record of each side and to no other, a record without a number included: what is open is found by it.
CREATE OR REPLACE TEMP TABLE work_repeated_key AS
SELECT clearing_key(taxpayer_id, direction, invoice_reference, invoice_code) AS key_hash
FROM work_due_ledger
GROUP BY key_hash
HAVING count(*) > 1
UNION ALL
SELECT clearing_key(taxpayer_id, direction, number, code) AS key_hash
FROM work_due_upstream
GROUP BY key_hash
HAVING count(*) > 1;

-- Names are compared without their style. There are far fewer names than records: each is looked at once.
CREATE OR REPLACE TEMP TABLE work_name AS
SELECT DISTINCT text_hash(party_name) AS written_name, name_key(party_name) AS name_hash FROM work_due_name;

-- What all pairs of a company share stands once.
CREATE OR REPLACE TEMP TABLE work_company AS
SELECT DISTINCT company_key(taxpayer_id, direction) AS company_hash, taxpayer_id, direction FROM work_due_upstream;

-- What is joined is as narrow as can be, so that it stays in memory: numbers of 64 bits for texts. The invoice number is
-- compared twice, by two hashes that have nothing in common: for two numbers to be taken for one both would have to agree by
-- chance (1 in 3 * 10^38). That taxpayer, direction, code and party are those of the other side is seen by one of 64 bits
-- each, with the same number and the same money on both sides.
CREATE OR REPLACE TEMP TABLE work_cleared AS
WITH invoice AS (
    SELECT
        record_id, company_key(taxpayer_id, direction) AS company_hash, number, code, total_cny, amount_cny, tax_cny,
        issued_on, party_hash, written_name,
        -- A CASE, not a WHERE: a filter would make this side look smaller than the narrow one and be kept in memory.
        CASE WHEN status IN ('normal', 'red_partial') AND NOT is_red
             THEN clearing_key(taxpayer_id, direction, number, code) END AS key_hash,
        number_check(number) AS check_hash
    FROM work_due_upstream
),
entry AS (
    SELECT
        record_id, total_cny, amount_cny, tax_cny, invoice_date, party_hash, written_name,
        clearing_key(taxpayer_id, direction, invoice_reference, invoice_code) AS key_hash,
        number_check(invoice_reference) AS check_hash
    FROM work_due_ledger
    WHERE invoice_reference IS NOT NULL
),
pair AS (
    SELECT
        u.record_id AS upstream_id, l.record_id AS ledger_id, u.company_hash, u.key_hash, u.key_hash AS line_key,
        shown_number(u.code, u.number) AS number, FALSE AS is_short, u.total_cny AS upstream_total, l.amount_cny,
        coalesce(l.total_cny, l.amount_cny + l.tax_cny) AS line_total
    FROM invoice u
    JOIN entry l ON l.key_hash = u.key_hash
    -- Only names that are written differently are looked up.
    LEFT JOIN work_name un ON un.written_name = CASE WHEN l.written_name <> u.written_name THEN u.written_name END
    LEFT JOIN work_name ln ON ln.written_name = CASE WHEN l.written_name <> u.written_name THEN l.written_name END
    WHERE u.key_hash NOT IN (SELECT key_hash FROM work_repeated_key)
      AND l.check_hash = u.check_hash
      AND (l.total_cny = u.total_cny) IS NOT FALSE
      AND (l.amount_cny = u.amount_cny) IS NOT FALSE
      AND (l.tax_cny = u.tax_cny) IS NOT FALSE
      AND (l.invoice_date = u.issued_on) IS NOT FALSE
      AND (l.party_hash = u.party_hash) IS NOT FALSE
      AND (ln.name_hash = un.name_hash) IS NOT FALSE
      AND u.record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'upstream')
      AND l.record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'ledger')
)
SELECT
    * EXCLUDE (amount_cny, line_total),
    coalesce(line_total, amount_cny)::DECIMAL(18,2) AS ledger_total, line_total IS NOT NULL AS is_total_known
FROM pair;
