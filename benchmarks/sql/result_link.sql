-- what: the pairs of a result as links
-- grain: one row per ledger line and invoice of one item
-- inputs: $member (recon__member)
-- parameters: $out, the file to write
COPY (
    SELECT l.record_id AS ledger_record_id, u.record_id AS upstream_record_id
    FROM read_parquet($member) AS l
    JOIN read_parquet($member) AS u ON u.item_id = l.item_id AND u.side = 'upstream'
    WHERE l.side = 'ledger'
) TO $out (FORMAT parquet);
