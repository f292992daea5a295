-- what: lines of one voucher whose columns do not say what their money is, put right by the invoice that they all name
-- grain: work_voucher_line one row per such line; work_open_ledger as before
-- inputs: work_named, work_open_ledger, work_open_upstream
-- parameters: $tolerance
-- A ledger with one column of money has the tax in it too, on a line of its own. A register by goods may repeat the total of
-- the invoice on every line. Neither is a second booking; both are told by their voucher: it comes to the invoice exactly so.

CREATE OR REPLACE TEMP TABLE work_voucher_line AS
WITH shared AS (SELECT upstream_id FROM work_named WHERE n_numbers = 1 GROUP BY upstream_id HAVING count(*) > 1),
line AS (
    SELECT
        n.upstream_id, l.record_id AS ledger_id, l.voucher_no, l.posted_on, l.total_cny, l.amount_cny, l.tax_cny,
        u.total_cny AS invoice_total, u.amount_cny AS invoice_amount, u.tax_cny AS invoice_tax
    FROM work_named n
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    JOIN work_open_upstream u ON u.record_id = n.upstream_id
    SEMI JOIN shared s ON s.upstream_id = n.upstream_id
    WHERE n.n_numbers = 1 AND trim(l.voucher_no) <> ''
),
counted AS (
    SELECT
        *,
        count(*) OVER of_voucher AS n_lines,
        bool_and(total_cny IS NULL AND tax_cny IS NULL) OVER of_voucher
        AND abs(sum(amount_cny) OVER of_voucher - invoice_total) <= $tolerance
        AND count_if(amount_cny = invoice_tax) OVER of_voucher = 1 AS has_tax_as_amount,
        bool_and(total_cny = invoice_total) OVER of_voucher
        AND abs(sum(amount_cny) OVER of_voucher - invoice_amount) <= $tolerance
        AND abs(sum(tax_cny) OVER of_voucher - invoice_tax) <= $tolerance AS has_repeated_total
    FROM line
    WINDOW of_voucher AS (PARTITION BY upstream_id, voucher_no, posted_on)
)
SELECT
    ledger_id, has_repeated_total AS is_part,
    CASE WHEN has_repeated_total THEN amount_cny ELSE 0 END AS amount_cny,
    CASE WHEN has_repeated_total THEN tax_cny ELSE amount_cny END AS tax_cny
FROM counted
WHERE n_lines > 1 AND (has_repeated_total OR (has_tax_as_amount AND amount_cny = invoice_tax));

UPDATE work_open_ledger SET
    amount_cny = v.amount_cny, tax_cny = v.tax_cny, line_amount = v.amount_cny, line_total = v.amount_cny + v.tax_cny,
    total_cny = CASE WHEN v.is_part THEN v.amount_cny + v.tax_cny END
FROM work_voucher_line v
WHERE work_open_ledger.record_id = v.ledger_id;

DROP TABLE work_voucher_line;
