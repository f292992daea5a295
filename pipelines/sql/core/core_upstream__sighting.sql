-- what: the states of a file that were not known yet, added to the sightings; their records are to be judged again
-- grain: core_upstream__sighting one row per record and moment of a new state
-- inputs: typed_upstream, core_upstream__sighting
-- parameters: $received_at
-- Files keep different columns: what this one does not say is taken from the state before it.
-- Compared with the newest state up to the file's moment, so that the order in which files arrive does not matter; a
-- second state of the same moment replaces the first.

CREATE OR REPLACE TEMP TABLE new_sighting AS
WITH before AS (
    SELECT s.* FROM core_upstream__sighting s
    JOIN typed_upstream t ON t.record_id = s.record_id AND s.observed_at <= t.observed_at
    QUALIFY row_number() OVER (PARTITION BY s.record_id ORDER BY s.observed_at DESC) = 1
)
SELECT
    t.record_id,
    coalesce(t.taxpayer_id, l.taxpayer_id) AS taxpayer_id,
    coalesce(t.direction, l.direction) AS direction,
    coalesce(t.invoice_code, l.invoice_code) AS invoice_code,
    coalesce(t.invoice_number, l.invoice_number) AS invoice_number,
    coalesce(t.paper_number, l.paper_number) AS paper_number,
    coalesce(t.kind, l.kind) AS kind,
    coalesce(t.issued_at, l.issued_at) AS issued_at,
    coalesce(t.seller_tax_id, l.seller_tax_id) AS seller_tax_id,
    coalesce(t.seller_name, l.seller_name) AS seller_name,
    coalesce(t.buyer_tax_id, l.buyer_tax_id) AS buyer_tax_id,
    coalesce(t.buyer_name, l.buyer_name) AS buyer_name,
    coalesce(t.amount_cny, l.amount_cny) AS amount_cny,
    coalesce(t.tax_cny, l.tax_cny) AS tax_cny,
    coalesce(t.total_cny, l.total_cny) AS total_cny,
    coalesce(t.status, l.status, 'normal') AS status,
    coalesce(t.is_red, l.is_red) AS is_red,
    coalesce(t.original_invoice_number, l.original_invoice_number) AS original_invoice_number,
    coalesce(t.remark, l.remark) AS remark,
    t.observed_at, t.source_id, t.source_file, t.source_row, $received_at::TIMESTAMP AS received_at
FROM typed_upstream t
LEFT JOIN before l ON l.record_id = t.record_id
WHERE l.record_id IS NULL
   OR (t.taxpayer_id IS NOT NULL AND t.taxpayer_id IS DISTINCT FROM l.taxpayer_id)
   OR (t.direction IS NOT NULL AND t.direction IS DISTINCT FROM l.direction)
   OR (t.invoice_code IS NOT NULL AND t.invoice_code IS DISTINCT FROM l.invoice_code)
   OR (t.invoice_number IS NOT NULL AND t.invoice_number IS DISTINCT FROM l.invoice_number)
   OR (t.paper_number IS NOT NULL AND t.paper_number IS DISTINCT FROM l.paper_number)
   OR (t.kind IS NOT NULL AND t.kind IS DISTINCT FROM l.kind)
   OR (t.issued_at IS NOT NULL AND t.issued_at IS DISTINCT FROM l.issued_at)
   OR (t.seller_tax_id IS NOT NULL AND t.seller_tax_id IS DISTINCT FROM l.seller_tax_id)
   OR (t.seller_name IS NOT NULL AND t.seller_name IS DISTINCT FROM l.seller_name)
   OR (t.buyer_tax_id IS NOT NULL AND t.buyer_tax_id IS DISTINCT FROM l.buyer_tax_id)
   OR (t.buyer_name IS NOT NULL AND t.buyer_name IS DISTINCT FROM l.buyer_name)
   OR (t.amount_cny IS NOT NULL AND t.amount_cny IS DISTINCT FROM l.amount_cny)
   OR (t.tax_cny IS NOT NULL AND t.tax_cny IS DISTINCT FROM l.tax_cny)
   OR (t.total_cny IS NOT NULL AND t.total_cny IS DISTINCT FROM l.total_cny)
   OR (t.status IS NOT NULL AND t.status IS DISTINCT FROM l.status)
   OR (t.is_red IS NOT NULL AND t.is_red IS DISTINCT FROM l.is_red)
   OR (t.original_invoice_number IS NOT NULL AND t.original_invoice_number IS DISTINCT FROM l.original_invoice_number)
   OR (t.remark IS NOT NULL AND t.remark IS DISTINCT FROM l.remark);

DELETE FROM core_upstream__sighting WHERE (record_id, observed_at) IN (SELECT (record_id, observed_at) FROM new_sighting);

INSERT INTO core_upstream__sighting BY NAME SELECT * FROM new_sighting;

INSERT INTO core_change SELECT 'upstream', record_id FROM new_sighting;
