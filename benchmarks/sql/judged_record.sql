-- what: every record of the truth beside what was said of it
-- grain: one row per record of either side; found_* are NULL for a record that no item has
-- inputs: $truth (side, record_id, fault, verdict, cause, is_resolvable), $item, $member (recon__item, recon__member)
-- parameters: the paths of the three Parquet files
CREATE OR REPLACE TEMP TABLE judged_record AS
SELECT
    t.side,
    t.record_id,
    t.fault,
    t.verdict,
    t.cause,
    t.is_resolvable,
    m.item_id,
    i.verdict AS found_verdict,
    i.cause AS found_cause
FROM read_parquet($truth) AS t
LEFT JOIN read_parquet($member) AS m ON m.side = t.side AND m.record_id = t.record_id
LEFT JOIN read_parquet($item) AS i ON i.item_id = m.item_id;
