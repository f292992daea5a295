-- what: the states of a file that were not known yet, added to the sightings; their records are to be judged again
-- grain: core_ledger__sighting one row per record, moment and night of a new state
-- inputs: typed_ledger, core_ledger__sighting
-- parameters: $received_at
-- A ledger export replaces the line as it was, also where a value was cleared.
-- Compared with the newest state up to the file's moment, so that the order in which files arrive does not matter; of
-- states of the same moment the one of the later night counts, and of one night's the second replaces the first.

CREATE OR REPLACE TEMP TABLE new_sighting AS
WITH before AS (
    SELECT s.* FROM core_ledger__sighting s
    JOIN typed_ledger t ON t.record_id = s.record_id AND s.observed_at <= t.observed_at
    QUALIFY row_number() OVER (PARTITION BY s.record_id ORDER BY s.observed_at DESC, s.received_at DESC) = 1
)
SELECT
    t.record_id,
    t.taxpayer_id,
    t.direction,
    t.posted_on,
    t.voucher_no,
    t.invoice_reference,
    t.invoice_code,
    t.invoice_date,
    t.counterparty_tax_id,
    t.counterparty_name,
    t.amount_cny,
    t.tax_cny,
    t.total_cny,
    t.summary,
    t.observed_at, t.source_id, t.source_file, t.source_row, $received_at::TIMESTAMP AS received_at
FROM typed_ledger t
LEFT JOIN before l ON l.record_id = t.record_id
WHERE l.record_id IS NULL
   OR t.taxpayer_id IS DISTINCT FROM l.taxpayer_id
   OR t.direction IS DISTINCT FROM l.direction
   OR t.posted_on IS DISTINCT FROM l.posted_on
   OR t.voucher_no IS DISTINCT FROM l.voucher_no
   OR t.invoice_reference IS DISTINCT FROM l.invoice_reference
   OR t.invoice_code IS DISTINCT FROM l.invoice_code
   OR t.invoice_date IS DISTINCT FROM l.invoice_date
   OR t.counterparty_tax_id IS DISTINCT FROM l.counterparty_tax_id
   OR t.counterparty_name IS DISTINCT FROM l.counterparty_name
   OR t.amount_cny IS DISTINCT FROM l.amount_cny
   OR t.tax_cny IS DISTINCT FROM l.tax_cny
   OR t.total_cny IS DISTINCT FROM l.total_cny
   OR t.summary IS DISTINCT FROM l.summary;

DELETE FROM core_ledger__sighting
WHERE (record_id, observed_at, received_at) IN (SELECT (record_id, observed_at, received_at) FROM new_sighting);

INSERT INTO core_ledger__sighting BY NAME SELECT * FROM new_sighting;

INSERT INTO core_change SELECT 'ledger', record_id FROM new_sighting;
