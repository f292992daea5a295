-- Warn: an e-invoice contradicts the tax system, the books or another file, is not ours, or nobody knows it.
-- Grain: one row per e-invoice, taxpayer and direction.
-- Inputs: {batch} = recon__witness.
-- Parameters: none.
WITH witness AS (
    SELECT * FROM {batch}
)
SELECT witness_id AS row_key, invoice_number, finding, explanation_zh, explanation_en
FROM witness
WHERE is_finding
