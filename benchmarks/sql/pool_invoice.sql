-- what: the open invoices of books: those whose line has a broken number, and those that are not booked
-- grain: one row per invoice, shape of core_upstream__invoice
-- inputs: $invoice, $truth, $link
-- parameters: $broken (names of the faults that break a number)
SELECT invoice.*
FROM read_parquet($invoice) AS invoice
ANTI JOIN (
    SELECT link.upstream_record_id
    FROM read_parquet($link) AS link
    JOIN read_parquet($truth) AS told ON told.side = 'ledger' AND told.record_id = link.ledger_record_id
    WHERE NOT list_contains($broken, told.fault)
) AS clear ON clear.upstream_record_id = invoice.record_id
ORDER BY invoice.record_id
