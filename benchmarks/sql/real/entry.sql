-- what: a ledger of the real invoices, with the planted faults
-- grain: one row per ledger line, shape of core_ledger__entry; every second company keeps no invoice date
-- inputs: real_typed
-- parameters: $as_of
WITH line AS (
    SELECT *, replace(record_id, 'U', 'L') AS line_id, 0 AS delay FROM real_typed
    UNION ALL
    SELECT *, replace(record_id, 'U', 'L') || 'B' AS line_id, 20 AS delay FROM real_typed WHERE fault = 'booked_twice'
)

SELECT
    line_id AS record_id,
    taxpayer_id,
    direction,
    issued_on + nudge + delay AS posted_on,
    '记-' || line_id AS voucher_no,
    reference AS invoice_reference,
    CAST(NULL AS VARCHAR) AS invoice_code,
    CASE WHEN keeps_date THEN booked_date END AS invoice_date,
    booked_party AS counterparty_tax_id,
    CAST(NULL AS VARCHAR) AS counterparty_name,
    CAST(amount_cny + money_shift AS DECIMAL(18, 2)) AS amount_cny,
    tax_cny,
    CAST(total_cny + money_shift AS DECIMAL(18, 2)) AS total_cny,
    CAST(NULL AS VARCHAR) AS summary,
    CAST($as_of AS TIMESTAMP) AS observed_at
FROM line
ORDER BY record_id
