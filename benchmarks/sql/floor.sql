-- what: both files joined in full on the key, the money compared, the joined rows written
-- grain: one row per invoice and line of the same key, and per record without the other side
-- inputs: $upstream, $ledger (shapes of core_upstream__invoice and core_ledger__entry)
-- parameters: $out, the file to write
COPY (
    SELECT
        u.*,
        l.* EXCLUDE (taxpayer_id, direction),
        u.total_cny IS NOT DISTINCT FROM l.total_cny AS is_same_money
    FROM read_parquet($upstream) AS u
    FULL JOIN read_parquet($ledger) AS l
        ON l.taxpayer_id = u.taxpayer_id
        AND l.direction = u.direction
        AND l.invoice_reference = u.invoice_number
) TO $out (FORMAT parquet, COMPRESSION zstd);
