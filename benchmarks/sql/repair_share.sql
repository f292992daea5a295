-- what: how the links that a tool gives for open lines fare
-- grain: one row per planted fault, and one of all with fault NULL; true_links NULL-free, wrong counts links that are not true
-- inputs: $found, $link (ledger_record_id, upstream_record_id), $entry (the open lines), $truth
-- parameters: the paths of the four files
WITH line AS (
    SELECT entry.record_id, told.fault
    FROM read_parquet($entry) AS entry
    JOIN read_parquet($truth) AS told ON told.side = 'ledger' AND told.record_id = entry.record_id
),

pair AS (
    SELECT
        ledger_record_id,
        found.ledger_record_id IS NOT NULL AS is_found,
        link.ledger_record_id IS NOT NULL AS is_true
    FROM read_parquet($found) AS found
    FULL JOIN read_parquet($link) AS link USING (ledger_record_id, upstream_record_id)
)

SELECT
    line.fault,
    count(*) FILTER (is_true) AS true_links,
    count(*) FILTER (is_true AND is_found) AS found_links,
    count(*) FILTER (is_found AND NOT is_true) AS wrong_links
FROM line
JOIN pair ON pair.ledger_record_id = line.record_id
GROUP BY GROUPING SETS ((line.fault), ())
ORDER BY line.fault;
