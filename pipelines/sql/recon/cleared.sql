-- what: the bulk, cleared in one join: the same number on both sides, once each, with everything that both have equal
-- grain: work_cleared one row per cleared pair; work_repeated_number one row per number
-- inputs: work_due_upstream, work_due_ledger, work_decided
-- parameters: $max_repeated
-- Whatever is not plainly equal is left to the rules; nothing is decided here that they could decide otherwise.

-- A number (with its code: eight digits repeat under many codes) that more lines cite than a person would look through cannot be cleared; without this it is joined in full.
-- By 64 bits of its hash: two numbers that share them are left to the rules, which come to the same result.
CREATE OR REPLACE TEMP TABLE work_repeated_number AS
SELECT hash(invoice_reference, coalesce(invoice_code, '')) AS number_hash
FROM work_due_ledger
WHERE invoice_reference IS NOT NULL
GROUP BY number_hash
HAVING count(*) > $max_repeated;

CREATE OR REPLACE TEMP TABLE work_cleared AS
SELECT
    u.record_id AS upstream_id, l.record_id AS ledger_id, u.taxpayer_id, u.direction,
    shown_number(u.code, u.number) AS number, u.total_cny AS upstream_total,
    coalesce(l.line_total, l.amount_cny) AS ledger_total, l.line_total IS NOT NULL AS is_total_known,
    u.status IN ('normal', 'red_partial')
    AND NOT u.is_red
    AND coalesce(l.total_cny = u.total_cny, TRUE)
    AND coalesce(l.amount_cny = u.amount_cny, TRUE)
    AND coalesce(l.tax_cny = u.tax_cny, TRUE)
    AND coalesce(l.invoice_date = u.issued_on, TRUE)
    AND coalesce(l.party_id = u.party_id, TRUE)
    AND coalesce(name_agrees(l.party_name, u.party_name), TRUE) AS is_equal
FROM work_due_upstream u
JOIN work_due_ledger l
  ON l.taxpayer_id = u.taxpayer_id AND l.direction = u.direction AND l.invoice_reference = u.number
 AND (length(u.number) = 20 OR l.invoice_code IS NOT DISTINCT FROM u.code)
WHERE hash(u.number, coalesce(u.code, '')) NOT IN (SELECT number_hash FROM work_repeated_number);

-- What stands in two pairs, or was decided on by a person, is not cleared; again by hash, and again to the same result.
DELETE FROM work_cleared
WHERE NOT is_equal
   OR hash(upstream_id) IN (SELECT hash(upstream_id) AS id_hash FROM work_cleared GROUP BY id_hash HAVING count(*) > 1)
   OR hash(ledger_id) IN (SELECT hash(ledger_id) AS id_hash FROM work_cleared GROUP BY id_hash HAVING count(*) > 1)
   OR upstream_id IN (SELECT record_id FROM work_decided WHERE side = 'upstream')
   OR ledger_id IN (SELECT record_id FROM work_decided WHERE side = 'ledger');
