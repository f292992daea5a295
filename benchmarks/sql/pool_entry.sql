-- what: the open lines of books: those whose number was broken, and those that have no invoice
-- grain: one row per ledger line, shape of core_ledger__entry
-- inputs: $entry, $truth, $link
-- parameters: $broken (names of the faults that break a number)
SELECT entry.*
FROM read_parquet($entry) AS entry
JOIN read_parquet($truth) AS told ON told.side = 'ledger' AND told.record_id = entry.record_id
ANTI JOIN (
    SELECT link.ledger_record_id
    FROM read_parquet($link) AS link
    JOIN read_parquet($truth) AS told ON told.side = 'ledger' AND told.record_id = link.ledger_record_id
    WHERE NOT list_contains($broken, told.fault)
) AS clear ON clear.ledger_record_id = entry.record_id
ORDER BY entry.record_id
