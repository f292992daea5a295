-- what: where each e-invoice stands in the tax system and in the books, and whose it is
-- grain: work_einvoice_upstream one row per e-invoice and upstream record; work_einvoice_ledger one row per e-invoice that
--        upstream lacks and ledger line; work_einvoice_side one row per e-invoice, taxpayer and direction
-- inputs: work_einvoice, witness_taxpayer, witness_source, core_upstream__invoice, core_ledger__entry, work_reference
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_einvoice_upstream AS
SELECT e.einvoice_key, u.record_id, u.taxpayer_id, u.direction
FROM work_einvoice e
JOIN core_upstream__invoice u ON u.invoice_number = e.invoice_number
-- Eight digits are no key: the code has to agree, or where one side keeps none, day and money.
WHERE length(e.invoice_number) = 20
   OR coalesce(u.invoice_code = e.invoice_code, CAST(u.issued_at AS DATE) = e.issued_on
               AND (u.total_cny = e.total_cny OR u.amount_cny = e.amount_cny))
UNION
SELECT e.einvoice_key, u.record_id, u.taxpayer_id, u.direction
FROM work_einvoice e
JOIN core_upstream__invoice u ON u.paper_number = e.invoice_number AND u.invoice_code = e.invoice_code;

-- A line that cites an invoice which upstream lacks is open, so its references were read tonight.
CREATE OR REPLACE TEMP TABLE work_einvoice_ledger AS
SELECT DISTINCT e.einvoice_key, l.record_id, l.taxpayer_id, l.direction
FROM work_einvoice e
JOIN work_reference r ON right(r.number, 8) = right(e.invoice_number, 8)
JOIN core_ledger__entry l ON l.record_id = r.ledger_id
WHERE e.einvoice_key NOT IN (SELECT einvoice_key FROM work_einvoice_upstream)
  AND CASE
          WHEN r.number = e.invoice_number AND length(r.number) = 20 THEN TRUE
          WHEN r.number = e.invoice_number AND r.code = e.invoice_code THEN TRUE
          -- Only the end is there, or no code: the money has to agree.
          WHEN length(r.number) = 8 AND coalesce(r.code = e.invoice_code, TRUE)
              THEN l.total_cny = e.total_cny OR l.amount_cny = e.amount_cny
          WHEN length(r.number) BETWEEN 9 AND 18 AND r.code IS NULL AND ends_with(e.invoice_number, r.number)
              THEN l.total_cny = e.total_cny OR l.amount_cny = e.amount_cny
      END
UNION
-- Or only how it begins.
SELECT e.einvoice_key, l.record_id, l.taxpayer_id, l.direction
FROM work_einvoice e
JOIN work_reference r ON left(r.number, 16) = left(e.invoice_number, 16)
JOIN core_ledger__entry l ON l.record_id = r.ledger_id
WHERE e.einvoice_key NOT IN (SELECT einvoice_key FROM work_einvoice_upstream)
  AND length(e.invoice_number) = 20 AND length(r.number) BETWEEN 16 AND 18 AND r.code IS NULL
  AND starts_with(e.invoice_number, r.number)
  AND (l.total_cny = e.total_cny OR l.amount_cny = e.amount_cny);

CREATE OR REPLACE TEMP TABLE work_einvoice_side AS
WITH party AS (
    SELECT e.einvoice_key, e.is_document, t.id AS taxpayer_id, 'output' AS direction
    FROM work_einvoice e
    JOIN witness_taxpayer t ON party_agrees(t.id, t.name, e.seller_tax_id, e.seller_name)
    UNION
    SELECT e.einvoice_key, e.is_document, t.id, 'input'
    FROM work_einvoice e
    JOIN witness_taxpayer t ON party_agrees(t.id, t.name, e.buyer_tax_id, e.buyer_name)
),
-- The tax system knows best; printed text may name the seller first, so its parties count where nothing better does.
known AS (
    SELECT einvoice_key, taxpayer_id, direction FROM work_einvoice_upstream
    UNION
    SELECT einvoice_key, taxpayer_id, direction FROM party
    WHERE is_document OR einvoice_key NOT IN (SELECT einvoice_key FROM work_einvoice_upstream)
),
known_or_booked AS (
    FROM known
    UNION
    SELECT einvoice_key, taxpayer_id, direction FROM work_einvoice_ledger
    WHERE einvoice_key NOT IN (SELECT einvoice_key FROM known)
)
SELECT einvoice_key, taxpayer_id, direction, TRUE AS is_told FROM known_or_booked
UNION ALL
SELECT
    e.einvoice_key,
    coalesce(s.taxpayer_id, CASE WHEN (SELECT count(*) FROM witness_taxpayer) = 1
                                 THEN (SELECT any_value(id) FROM witness_taxpayer) END),
    s.direction, FALSE
FROM work_einvoice e
LEFT JOIN witness_source s ON s.source_id = e.source_id
WHERE e.einvoice_key NOT IN (SELECT einvoice_key FROM known_or_booked);
