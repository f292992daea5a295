-- what: days that are not fully received after all: an invoice of ours of that day is verified and was not listed
-- grain: core_upstream__coverage one row per taxpayer, direction and day
-- inputs: core_upstream__coverage, core_verification__answer, core_upstream__invoice
-- parameters: $as_of: answers that came later were not known then
-- Only an answer that agrees with what was asked and names us as the party proves it: an invoice made out to somebody
-- else is rightly not on our list. Once the invoice is listed, the answer says nothing more about its day.

UPDATE core_upstream__coverage SET is_complete = FALSE
WHERE is_complete
  AND (taxpayer_id, direction, issue_date) IN (
    SELECT (a.taxpayer_id, a.direction, a.asked_on)
    FROM core_verification__answer a
    LEFT JOIN core_upstream__invoice u
      ON u.taxpayer_id = a.taxpayer_id AND u.direction = a.direction AND u.invoice_number = a.asked_number
     AND (a.asked_code IS NULL OR u.invoice_code IS NULL OR u.invoice_code = a.asked_code)
    LEFT JOIN core_upstream__invoice p
      ON p.taxpayer_id = a.taxpayer_id AND p.direction = a.direction AND p.paper_number = a.asked_number
     AND p.invoice_code = a.asked_code
    WHERE a.outcome = 'consistent' AND a.is_ours AND a.received_at <= $as_of
      AND u.record_id IS NULL AND p.record_id IS NULL
  );
