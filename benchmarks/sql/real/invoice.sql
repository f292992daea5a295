-- what: the real invoices as the tax system's side
-- grain: one row per invoice, shape of core_upstream__invoice, without those planted as missing upstream
-- inputs: real_planted
-- parameters: $as_of
SELECT
    record_id,
    taxpayer_id,
    direction,
    CAST(NULL AS VARCHAR) AS invoice_code,
    number AS invoice_number,
    CAST(NULL AS VARCHAR) AS kind,
    CAST(issued_on AS TIMESTAMP) AS issued_at,
    CASE direction WHEN 'input' THEN party ELSE taxpayer_id END AS seller_tax_id,
    CAST(NULL AS VARCHAR) AS seller_name,
    CASE direction WHEN 'input' THEN taxpayer_id ELSE party END AS buyer_tax_id,
    CAST(NULL AS VARCHAR) AS buyer_name,
    amount_cny,
    tax_cny,
    total_cny,
    CASE WHEN is_void THEN 'void' ELSE 'normal' END AS status,
    total_cny < 0 AS is_red,
    CAST(NULL AS VARCHAR) AS original_invoice_number,
    CAST(NULL AS VARCHAR) AS remark,
    CAST($as_of AS TIMESTAMP) AS observed_at
FROM real_planted
WHERE fault <> 'not_found'
ORDER BY record_id
