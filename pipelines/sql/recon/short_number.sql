-- what: lines that keep only eight digits and no code, cleared at once where these name one invoice and all else is equal
-- grain: work_short_pair one row per such line and invoice; work_cleared gains one row per pair
-- inputs: work_due_upstream, work_due_ledger, work_repeated_key, work_name, work_cleared, work_decided
-- parameters: none
-- A ledger that writes no codes does so in every line: the rules without_code and last_8 would come to the same, line by line.
-- Only in a full judgement, where every invoice is due: here too the digits must name one invoice of the whole population.
-- What else names the invoice, or reverses it, is asked as of any cleared pair (known.sql, reading.sql).

CREATE OR REPLACE TEMP TABLE work_short_line AS
WITH line AS (
    SELECT
        record_id AS ledger_id, invoice_reference AS digits, total_cny, amount_cny, tax_cny, line_total, invoice_date,
        party_hash, written_name,
        clearing_key(taxpayer_id, direction, invoice_reference, invoice_code) AS line_key,
        tail_key(company_key(taxpayer_id, direction), invoice_reference) AS tail_hash
    FROM work_due_ledger
    -- The cheap look first.
    WHERE CASE WHEN strlen(invoice_reference) = 8 THEN regexp_full_match(invoice_reference, '[0-9]{8}') END
      AND invoice_code IS NULL
)
SELECT * FROM line
WHERE line_key NOT IN (SELECT key_hash FROM work_repeated_key)
  AND ledger_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'ledger');

CREATE OR REPLACE TEMP TABLE work_short_pair AS
WITH invoice AS (
    SELECT *, company_key(taxpayer_id, direction) AS company_hash, tail_key(company_hash, number) AS tail_hash
    FROM work_due_upstream
)
SELECT
    u.record_id AS upstream_id, l.ledger_id, u.company_hash,
    clearing_key(u.taxpayer_id, u.direction, u.number, u.code) AS key_hash, l.line_key, l.tail_hash,
    shown_number(u.code, u.number) AS number,
    TRUE AS is_short,
    u.total_cny AS upstream_total, coalesce(l.line_total, l.amount_cny)::DECIMAL(18,2) AS ledger_total,
    l.line_total IS NOT NULL AS is_total_known,
    u.status IN ('normal', 'red_partial') AND NOT u.is_red
    AND right(u.number, 8) = l.digits
    AND coalesce(l.total_cny = u.total_cny, TRUE)
    AND coalesce(l.amount_cny = u.amount_cny, TRUE)
    AND coalesce(l.tax_cny = u.tax_cny, TRUE)
    AND coalesce(l.invoice_date = u.issued_on, TRUE)
    AND coalesce(l.party_hash = u.party_hash, TRUE)
    AND coalesce(ln.name_hash = un.name_hash, TRUE) AS is_equal
FROM invoice u
JOIN work_short_line l ON l.tail_hash = u.tail_hash
LEFT JOIN work_name un ON un.written_name = u.written_name
LEFT JOIN work_name ln ON ln.written_name = l.written_name;

INSERT INTO work_cleared BY NAME
WITH repeated AS (
    SELECT tail_hash FROM work_short_pair GROUP BY tail_hash HAVING count(*) > 1
    UNION ALL
    SELECT tail_key(company_key(taxpayer_id, direction), paper_number) FROM work_due_upstream WHERE paper_number IS NOT NULL
)
SELECT * EXCLUDE (tail_hash, is_equal) FROM work_short_pair
WHERE is_equal
  AND tail_hash NOT IN (SELECT tail_hash FROM repeated)
  AND key_hash NOT IN (SELECT key_hash FROM work_cleared)
  AND upstream_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'upstream');

DROP TABLE work_short_line;

DROP TABLE work_short_pair;
