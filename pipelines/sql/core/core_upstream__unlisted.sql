-- what: days that are not fully received after all: an invoice of ours of that day is verified and was not listed
-- grain: core_upstream__coverage one row per taxpayer, direction and day
-- inputs: core_upstream__coverage, core_verification__answer, core_upstream__invoice
-- parameters: $as_of: answers that came later were not known then
-- Only an answer that agrees with what was asked and names us as the party proves it: an invoice made out to somebody
-- else is rightly not on our list. Once the invoice is listed, the answer says nothing more about its day.
-- The few invoices of those numbers first: joined at once, all invoices would be compared with all answers.

CREATE OR REPLACE TEMP TABLE proven_invoice AS
SELECT taxpayer_id, direction, asked_on, asked_code AS code, asked_number AS number
FROM core_verification__answer
WHERE outcome = 'consistent' AND is_ours AND received_at <= $as_of;

CREATE OR REPLACE TEMP TABLE listed_invoice AS
SELECT taxpayer_id, direction, invoice_code AS code, invoice_number AS number
FROM core_upstream__invoice
WHERE invoice_number IN (SELECT number FROM proven_invoice)
UNION ALL
SELECT taxpayer_id, direction, invoice_code, paper_number
FROM core_upstream__invoice
WHERE paper_number IN (SELECT number FROM proven_invoice WHERE code IS NOT NULL);

CREATE OR REPLACE TEMP TABLE found_invoice AS
SELECT DISTINCT p.taxpayer_id, p.direction, p.number, p.code
FROM proven_invoice p
JOIN listed_invoice l ON l.taxpayer_id = p.taxpayer_id AND l.direction = p.direction AND l.number = p.number
WHERE p.code IS NULL OR l.code IS NULL OR l.code = p.code;

CREATE OR REPLACE TEMP TABLE unlisted_day AS
SELECT DISTINCT p.taxpayer_id, p.direction, p.asked_on AS issue_date
FROM proven_invoice p
ANTI JOIN found_invoice f
  ON f.taxpayer_id = p.taxpayer_id AND f.direction = p.direction AND f.number = p.number
 AND coalesce(f.code, '') = coalesce(p.code, '');

UPDATE core_upstream__coverage SET is_complete = FALSE
FROM unlisted_day u
WHERE core_upstream__coverage.is_complete AND u.taxpayer_id = core_upstream__coverage.taxpayer_id
  AND u.direction = core_upstream__coverage.direction AND u.issue_date = core_upstream__coverage.issue_date;
