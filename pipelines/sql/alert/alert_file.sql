-- alert_file: files of which something was not used: stopped or incomplete tonight, or with rejected rows that still stand.
-- Grain: one row per file and source; `rows_rejected` are those that stand. Inputs: raw_file, raw_delivery, raw_reject,
--   raw_ledger__row, raw_upstream__row, stopped_over. Parameters: as_of.
-- A stopped file is read anew every night while it lies in its folder.
-- A rejected row stands until its file is read otherwise, the file comes again under its name with other content, or a
-- later file of the source holds the same row: what becomes of it there is said of that file. Rows of other companies are
-- no fault, unless the file has no other.
WITH tonight AS (
    -- a bad file that is delivered again is bad news again
    SELECT DISTINCT file_id, source_id FROM raw_delivery WHERE received_at = $as_of
    UNION
    SELECT file_id, source_id FROM raw_file WHERE received_at = $as_of
),
known AS (SELECT * FROM raw_file WHERE received_at <= $as_of),
cited AS (
    SELECT
        file_id, source_id, sheet, row_number,
        hash(voucher_no, invoice_reference, counterparty_name, amount, total, debit, credit) AS row_hash
    FROM raw_ledger__row
    WHERE source_id IN (SELECT source_id FROM known WHERE rows_rejected > 0)
    UNION ALL
    SELECT
        file_id, source_id, sheet, row_number,
        hash(invoice_code, invoice_number, digital_invoice_number, seller_name, amount, tax) AS row_hash
    FROM raw_upstream__row
    WHERE source_id IN (SELECT source_id FROM known WHERE rows_rejected > 0)
),
rejected AS (
    SELECT r.file_id, r.source_id, f.file_name, f.observed_at, c.row_hash
    FROM raw_reject r
    JOIN known f USING (file_id, source_id)
    JOIN cited c USING (file_id, source_id, sheet, row_number)
    WHERE f.status = 'read' AND (r.reason <> 'not_ours' OR f.rows_kept = 0)
),
newest_row AS (
    SELECT c.source_id, c.row_hash, max(f.observed_at) AS observed_at
    FROM cited c
    JOIN known f USING (file_id, source_id)
    WHERE c.row_hash IN (SELECT row_hash FROM rejected)
    GROUP BY ALL
),
newest_name AS (
    SELECT source_id, file_name, max(observed_at) AS observed_at FROM known WHERE status = 'read' GROUP BY ALL
),
standing AS (
    SELECT r.file_id, r.source_id, count(*) AS rows_standing
    FROM rejected r
    JOIN newest_row n USING (source_id, row_hash)
    JOIN newest_name m USING (source_id, file_name)
    WHERE r.observed_at = n.observed_at AND r.observed_at = m.observed_at
    GROUP BY ALL
)
SELECT
    k.file_id, k.source_id, k.side, k.file_name, k.layout, k.status, k.is_complete, k.rows_read, k.rows_kept,
    coalesce(s.rows_standing, 0) AS rows_rejected, k.message_zh, k.message_en
FROM known k
LEFT JOIN tonight t ON t.file_id = k.file_id AND t.source_id = k.source_id
LEFT JOIN standing s ON s.file_id = k.file_id AND s.source_id = k.source_id
WHERE s.rows_standing > 0
   OR (t.file_id IS NOT NULL AND k.status = 'stopped' AND (k.file_id, k.source_id) NOT IN (FROM stopped_over))
   OR (t.file_id IS NOT NULL AND k.status = 'read' AND NOT k.is_complete AND k.message_zh IS NOT NULL)
ORDER BY k.status DESC, k.is_complete, k.source_id, k.file_name, k.file_id;
