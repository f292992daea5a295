-- What: tax that may have to be paid: input tax booked without a valid invoice behind it, and output tax that is not booked.
-- Grain: one row per taxpayer, direction, risk, cause and month (of posting, or of issue where nothing is booked).
-- Inputs: out__open_item.
-- Parameters: none.
-- Approximation: booked is taken for deducted. A ledger line without its tax is counted, its tax is unknown.
CREATE OR REPLACE VIEW out__tax_at_risk AS
WITH risky AS (
    SELECT
        taxpayer_id, direction, cause,
        CASE direction WHEN 'input' THEN 'input_tax_unsupported' ELSE 'output_tax_not_booked' END AS risk,
        date_trunc('month', CASE direction WHEN 'input' THEN posted_on ELSE issued_on END)::DATE AS month_start,
        CASE
            WHEN cause = 'tax_differs' THEN abs(ledger_tax_cny - upstream_tax_cny)
            WHEN direction = 'input' THEN ledger_tax_cny
            ELSE upstream_tax_cny
        END AS tax_at_risk_cny
    FROM out__open_item
    WHERE (direction = 'input' AND cause IN ('not_found', 'impossible_number', 'dead_invoice_booked', 'booked_twice'))
        OR (direction = 'input' AND cause = 'tax_differs' AND ledger_tax_cny > upstream_tax_cny)
        OR (direction = 'output' AND cause = 'not_booked')
        OR (direction = 'output' AND cause = 'tax_differs' AND ledger_tax_cny < upstream_tax_cny)
)
SELECT
    taxpayer_id, direction, risk, cause, month_start,
    count(*) AS items,
    COALESCE(sum(tax_at_risk_cny), 0)::DECIMAL(38,2) AS tax_at_risk_cny,
    count(*) FILTER (WHERE tax_at_risk_cny IS NULL) AS items_without_tax
FROM risky
GROUP BY taxpayer_id, direction, risk, cause, month_start;
COMMENT ON VIEW out__tax_at_risk IS '有风险的税额 | Input tax without a valid invoice, output tax that is not booked';
COMMENT ON COLUMN out__tax_at_risk.risk IS
    '风险 | input_tax_unsupported: booked, no valid invoice behind it; output_tax_not_booked: issued, not in the books';
COMMENT ON COLUMN out__tax_at_risk.month_start IS '月份 | first day of the month of posting (input) or issue (output)';
COMMENT ON COLUMN out__tax_at_risk.items IS '项数 | open findings';
COMMENT ON COLUMN out__tax_at_risk.tax_at_risk_cny IS '有风险的税额（元） | sum of the tax that is known';
COMMENT ON COLUMN out__tax_at_risk.items_without_tax IS '税额不明的项数 | items whose tax the ledger does not keep';
