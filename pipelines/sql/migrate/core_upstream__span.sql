-- what: whose invoices each tax-side file shows, for files of a version that did not keep it
-- grain: core_upstream__span one row per file, source, own taxpayer and direction
-- inputs: raw_file, raw_upstream__row, core_upstream__sighting
-- parameters: none
-- A row belongs to whom the same source's invoice of that number belongs to. Where a cut file was cut stays unknown, so
-- it covers no day; nor does a file whose numbers are not found: absence is then not concluded.

INSERT INTO core_upstream__span BY NAME
WITH numbered AS (
    SELECT DISTINCT r.file_id, r.source_id, regexp_replace(n.text, '[^0-9]', '', 'g') AS invoice_number
    FROM raw_upstream__row r, (VALUES (r.invoice_number), (r.digital_invoice_number)) n (text)
),
shown AS (
    SELECT n.file_id, n.source_id, s.taxpayer_id, s.direction
    FROM numbered n
    JOIN core_upstream__sighting s ON s.source_id = n.source_id AND s.invoice_number = n.invoice_number
    UNION ALL
    SELECT f.file_id, f.source_id, s.taxpayer_id, s.direction
    FROM raw_file f
    JOIN core_upstream__sighting s
        ON s.source_id = f.source_id AND s.source_file = f.file_name AND s.observed_at = f.observed_at
)
SELECT DISTINCT shown.* FROM shown JOIN raw_file f USING (file_id, source_id) WHERE f.status = 'read';
