-- what: the states of a file that were not known yet, added to the sightings
-- grain: core_ledger__sighting one row per record and state
-- inputs: typed_ledger, core_ledger__sighting
-- parameters: none
-- A fuller file's value is kept where this one has none; a state that says nothing new adds no row.

INSERT INTO core_ledger__sighting BY NAME
WITH latest AS (
    SELECT s.* FROM core_ledger__sighting s
    WHERE record_id IN (SELECT record_id FROM typed_ledger)
    QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY observed_at DESC) = 1
)
SELECT
    t.record_id,
    coalesce(t.taxpayer_id, l.taxpayer_id) AS taxpayer_id,
    coalesce(t.direction, l.direction) AS direction,
    coalesce(t.posted_on, l.posted_on) AS posted_on,
    coalesce(t.voucher_no, l.voucher_no) AS voucher_no,
    coalesce(t.invoice_reference, l.invoice_reference) AS invoice_reference,
    coalesce(t.invoice_code, l.invoice_code) AS invoice_code,
    coalesce(t.invoice_date, l.invoice_date) AS invoice_date,
    coalesce(t.counterparty_tax_id, l.counterparty_tax_id) AS counterparty_tax_id,
    coalesce(t.counterparty_name, l.counterparty_name) AS counterparty_name,
    coalesce(t.amount_cny, l.amount_cny) AS amount_cny,
    coalesce(t.tax_cny, l.tax_cny) AS tax_cny,
    coalesce(t.total_cny, l.total_cny) AS total_cny,
    coalesce(t.summary, l.summary) AS summary,
    t.observed_at, t.source_id, t.source_file, t.source_row
FROM typed_ledger t
LEFT JOIN latest l ON l.record_id = t.record_id
WHERE l.record_id IS NULL
   OR (t.observed_at > l.observed_at AND (
       (t.taxpayer_id IS NOT NULL AND t.taxpayer_id IS DISTINCT FROM l.taxpayer_id)
       OR (t.direction IS NOT NULL AND t.direction IS DISTINCT FROM l.direction)
       OR (t.posted_on IS NOT NULL AND t.posted_on IS DISTINCT FROM l.posted_on)
       OR (t.voucher_no IS NOT NULL AND t.voucher_no IS DISTINCT FROM l.voucher_no)
       OR (t.invoice_reference IS NOT NULL AND t.invoice_reference IS DISTINCT FROM l.invoice_reference)
       OR (t.invoice_code IS NOT NULL AND t.invoice_code IS DISTINCT FROM l.invoice_code)
       OR (t.invoice_date IS NOT NULL AND t.invoice_date IS DISTINCT FROM l.invoice_date)
       OR (t.counterparty_tax_id IS NOT NULL AND t.counterparty_tax_id IS DISTINCT FROM l.counterparty_tax_id)
       OR (t.counterparty_name IS NOT NULL AND t.counterparty_name IS DISTINCT FROM l.counterparty_name)
       OR (t.amount_cny IS NOT NULL AND t.amount_cny IS DISTINCT FROM l.amount_cny)
       OR (t.tax_cny IS NOT NULL AND t.tax_cny IS DISTINCT FROM l.tax_cny)
       OR (t.total_cny IS NOT NULL AND t.total_cny IS DISTINCT FROM l.total_cny)
       OR (t.summary IS NOT NULL AND t.summary IS DISTINCT FROM l.summary)
   ));
