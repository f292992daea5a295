-- what: the latest state of every invoice that has a new one; a column that the newest file does not keep is taken from the newest that does
-- grain: core_upstream__invoice and seen_once one row per record_id
-- inputs: core_upstream__sighting, core_change
-- parameters: $as_of: states that came later were not known then

DELETE FROM core_upstream__invoice WHERE record_id IN (SELECT record_id FROM core_change WHERE side = 'upstream');

-- Most have one state only: these are copied, for all states of a record side by side take much memory.
CREATE OR REPLACE TEMP TABLE seen_once AS
SELECT record_id FROM core_upstream__sighting
WHERE received_at <= $as_of AND record_id IN (SELECT record_id FROM core_change WHERE side = 'upstream')
GROUP BY record_id
HAVING count(*) = 1;

INSERT INTO core_upstream__invoice BY NAME
SELECT * EXCLUDE (received_at) FROM core_upstream__sighting
WHERE received_at <= $as_of AND record_id IN (SELECT record_id FROM seen_once);

-- NULL is skipped, so a fuller export fills what a leaner one left out, whichever came first. A window goes to disk if
-- it must, which arg_max of texts does not.
INSERT INTO core_upstream__invoice BY NAME
SELECT
    record_id,
    first_value(taxpayer_id IGNORE NULLS) OVER newest_first AS taxpayer_id,
    first_value(direction IGNORE NULLS) OVER newest_first AS direction,
    first_value(invoice_code IGNORE NULLS) OVER newest_first AS invoice_code,
    first_value(invoice_number IGNORE NULLS) OVER newest_first AS invoice_number,
    first_value(paper_number IGNORE NULLS) OVER newest_first AS paper_number,
    first_value(kind IGNORE NULLS) OVER newest_first AS kind,
    first_value(issued_at IGNORE NULLS) OVER newest_first AS issued_at,
    first_value(seller_tax_id IGNORE NULLS) OVER newest_first AS seller_tax_id,
    first_value(seller_name IGNORE NULLS) OVER newest_first AS seller_name,
    first_value(buyer_tax_id IGNORE NULLS) OVER newest_first AS buyer_tax_id,
    first_value(buyer_name IGNORE NULLS) OVER newest_first AS buyer_name,
    first_value(amount_cny IGNORE NULLS) OVER newest_first AS amount_cny,
    first_value(tax_cny IGNORE NULLS) OVER newest_first AS tax_cny,
    first_value(total_cny IGNORE NULLS) OVER newest_first AS total_cny,
    first_value(status IGNORE NULLS) OVER newest_first AS status,
    first_value(is_red IGNORE NULLS) OVER newest_first AS is_red,
    first_value(original_invoice_number IGNORE NULLS) OVER newest_first AS original_invoice_number,
    first_value(remark IGNORE NULLS) OVER newest_first AS remark,
    observed_at,
    first_value(source_id IGNORE NULLS) OVER newest_first AS source_id,
    first_value(source_file IGNORE NULLS) OVER newest_first AS source_file,
    first_value(source_row IGNORE NULLS) OVER newest_first AS source_row
FROM core_upstream__sighting
WHERE received_at <= $as_of
  AND record_id IN (SELECT record_id FROM core_change WHERE side = 'upstream')
  AND record_id NOT IN (SELECT record_id FROM seen_once)
WINDOW newest_first AS (
    PARTITION BY record_id ORDER BY observed_at DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
)
QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY observed_at DESC) = 1;

DROP TABLE seen_once;
