-- what: the latest state of every invoice that has a new one; a column that the newest file does not keep is taken from the newest that does
-- grain: core_upstream__invoice one row per record_id
-- inputs: core_upstream__sighting, core_change
-- parameters: $as_of: states that came later were not known then

DELETE FROM core_upstream__invoice WHERE record_id IN (SELECT record_id FROM core_change WHERE side = 'upstream');

-- arg_max skips NULL, so a fuller export fills what a leaner one left out, whichever came first.
INSERT INTO core_upstream__invoice BY NAME
SELECT
    record_id,
    arg_max(taxpayer_id, observed_at) AS taxpayer_id,
    arg_max(direction, observed_at) AS direction,
    arg_max(invoice_code, observed_at) AS invoice_code,
    arg_max(invoice_number, observed_at) AS invoice_number,
    arg_max(paper_number, observed_at) AS paper_number,
    arg_max(kind, observed_at) AS kind,
    arg_max(issued_at, observed_at) AS issued_at,
    arg_max(seller_tax_id, observed_at) AS seller_tax_id,
    arg_max(seller_name, observed_at) AS seller_name,
    arg_max(buyer_tax_id, observed_at) AS buyer_tax_id,
    arg_max(buyer_name, observed_at) AS buyer_name,
    arg_max(amount_cny, observed_at) AS amount_cny,
    arg_max(tax_cny, observed_at) AS tax_cny,
    arg_max(total_cny, observed_at) AS total_cny,
    arg_max(status, observed_at) AS status,
    arg_max(is_red, observed_at) AS is_red,
    arg_max(original_invoice_number, observed_at) AS original_invoice_number,
    arg_max(remark, observed_at) AS remark,
    max(observed_at) AS observed_at,
    arg_max(source_id, observed_at) AS source_id,
    arg_max(source_file, observed_at) AS source_file,
    arg_max(source_row, observed_at) AS source_row
FROM core_upstream__sighting
WHERE received_at <= $as_of
  AND record_id IN (SELECT record_id FROM core_change WHERE side = 'upstream')
GROUP BY record_id;
