-- what: the records of a result whose verdict is a finding, as a comparison would call them
-- grain: one row per record
-- inputs: $item, $member (recon__item, recon__member)
-- parameters: $out, the file to write
COPY (
    SELECT member.side, member.record_id, item.verdict AS called
    FROM read_parquet($member) AS member
    JOIN read_parquet($item) AS item ON item.item_id = member.item_id
    WHERE item.verdict IN ('mismatched', 'missing_upstream', 'missing_ledger', 'duplicate')
) TO $out (FORMAT parquet);
