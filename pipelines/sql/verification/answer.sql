-- what: the answers of one bundle, typed; what cannot be read stays NULL and stands in the bundle
-- grain: core_verification__answer one row per question
-- inputs: told (texts as received), status_text; the macros of core/macros
-- parameters: $file_id, $file_name, $source_id, $received_at

DELETE FROM core_verification__answer WHERE file_id = $file_id;

INSERT INTO core_verification__answer BY NAME
SELECT
    md5(concat_ws('|', $source_id, asked_code, asked_number, taxpayer_id, direction, asked_at)) AS answer_id,
    taxpayer_id, direction, ledger_ids, asked_code, asked_number, CAST(asked_on AS DATE) AS asked_on,
    CAST(asked_amount AS DECIMAL(18,2)) AS asked_amount_cny, CAST(asked_total AS DECIMAL(18,2)) AS asked_total_cny,
    outcome, result_code, message,
    (SELECT s.status FROM status_text s WHERE s.text = clean_text(t.status)) AS status,
    time_value(clean_text(issued_at)) AS issued_at,
    clean_text(seller_tax_id) AS seller_tax_id, clean_text(seller_name) AS seller_name,
    clean_text(buyer_tax_id) AS buyer_tax_id, clean_text(buyer_name) AS buyer_name,
    money_value(clean_text(amount)) AS amount_cny, money_value(clean_text(tax)) AS tax_cny,
    money_value(clean_text(total)) AS total_cny,
    upper(clean_text(CASE direction WHEN 'input' THEN buyer_tax_id ELSE seller_tax_id END)) = upper(taxpayer_id) AS is_ours,
    CAST(requests AS BIGINT) AS requests, CAST(asked_at AS TIMESTAMP) AS asked_at,
    $file_id AS file_id, $source_id AS source_id, $file_name AS source_file, CAST(row_number AS BIGINT) AS source_row,
    $received_at AS received_at
FROM told t;
