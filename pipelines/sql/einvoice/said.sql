-- what: the invoices that e-files state, each once, and where the files contradict each other
-- grain: work_einvoice one row per invoice (20 digits, or code and number)
-- inputs: core_einvoice__sighting
-- parameters: $as_of: files that came later were not known then
-- Of every field the most trusted witness that states it counts (arg_min skips NULL). Names are compared between signed
-- documents only: printed text breaks them.

CREATE OR REPLACE TEMP TABLE work_einvoice AS
WITH ranked AS (
    SELECT
        *, CAST(issued_at AS DATE) AS issued_on, witness IN ('xml', 'ofd') AS is_document,
        (list_position(['xml', 'ofd', 'pdf_text', 'qr'], witness), record_id) AS place,
        CASE WHEN length(invoice_number) = 20 THEN '' ELSE coalesce(invoice_code, '') END AS key_code
    FROM core_einvoice__sighting
    WHERE received_at <= $as_of
),
said AS (
    SELECT
        key_code || '|' || invoice_number AS einvoice_key, invoice_number,
        arg_min(invoice_code, place) AS invoice_code, arg_min(issued_at, place) AS issued_at,
        arg_min(seller_tax_id, place) AS seller_tax_id, arg_min(seller_name, place) AS seller_name,
        arg_min(buyer_tax_id, place) AS buyer_tax_id, arg_min(buyer_name, place) AS buyer_name,
        arg_min(amount_cny, place) AS amount_cny, arg_min(tax_cny, place) AS tax_cny,
        arg_min(total_cny, place) AS total_cny, bool_or(is_red) AS is_red, bool_or(is_document) AS is_document,
        list(DISTINCT witness) AS witnesses, list(DISTINCT source_file ORDER BY source_file) AS source_files,
        arg_min(source_id, place) AS source_id,
        [
            CASE WHEN count(DISTINCT total_cny) > 1
                 THEN each_said('total_cny', witness, money_text(total_cny)) END,
            CASE WHEN count(DISTINCT amount_cny) > 1
                 THEN each_said('amount_cny', witness, money_text(amount_cny)) END,
            CASE WHEN count(DISTINCT tax_cny) > 1
                 THEN each_said('tax_cny', witness, money_text(tax_cny)) END,
            CASE WHEN count(DISTINCT issued_on) > 1
                 THEN each_said('issued_at', witness, issued_on::VARCHAR) END,
            CASE WHEN count(DISTINCT upper(seller_tax_id)) FILTER (is_document) > 1
                   OR count(DISTINCT plain_name(seller_name)) FILTER (is_document) > 1
                 THEN each_said('seller', witness, coalesce(seller_name, seller_tax_id)) END,
            CASE WHEN count(DISTINCT upper(buyer_tax_id)) FILTER (is_document) > 1
                   OR count(DISTINCT plain_name(buyer_name)) FILTER (is_document) > 1
                 THEN each_said('buyer', witness, coalesce(buyer_name, buyer_tax_id)) END
        ] AS differences
    FROM ranked
    GROUP BY key_code, invoice_number
)
SELECT
    * REPLACE (
        only_known(differences) AS differences,
        list_filter(['xml', 'ofd', 'pdf_text', 'qr'], lambda w: list_contains(witnesses, w)) AS witnesses
    ),
    CAST(issued_at AS DATE) AS issued_on
FROM said;
