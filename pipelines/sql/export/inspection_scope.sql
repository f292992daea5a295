-- What: how much was there to check.
-- Grain: one row per taxpayer, direction and side: invoices issued, or ledger lines posted, in the period.
-- Inputs: core_upstream__invoice, core_ledger__entry.
-- Parameters: first_day, last_day.
-- A line that keeps no total counts with amount plus tax, or with the amount alone.
SELECT
    taxpayer_id, direction, 'upstream' AS side, count(*) AS records, sum(total_cny)::DECIMAL(38, 2) AS total_cny,
    sum(tax_cny)::DECIMAL(38, 2) AS tax_cny
FROM core_upstream__invoice
WHERE issued_at >= $first_day AND issued_at < $last_day::DATE + 1
GROUP BY taxpayer_id, direction
UNION ALL
SELECT
    taxpayer_id, direction, 'ledger', count(*),
    sum(coalesce(total_cny, amount_cny + tax_cny, amount_cny))::DECIMAL(38, 2), sum(tax_cny)::DECIMAL(38, 2)
FROM core_ledger__entry
WHERE posted_on BETWEEN $first_day AND $last_day
GROUP BY taxpayer_id, direction
ORDER BY taxpayer_id, direction, side;
