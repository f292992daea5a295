-- what: what a comparison calls missing or changed though it is matched or pending
-- grain: one row per planted fault, and one of all with fault NULL
-- inputs: $called (side, record_id, called), $truth
-- parameters: the paths of the two files
WITH called AS (
    SELECT DISTINCT side, record_id FROM read_parquet($called)
)

SELECT
    told.fault,
    count(*) AS records,
    count(*) FILTER (told.verdict IN ('matched', 'pending') AND called.record_id IS NOT NULL) AS false_alarms,
    count(*) FILTER (told.verdict NOT IN ('matched', 'pending', 'not_compared')) AS findings,
    count(*) FILTER (
        told.verdict NOT IN ('matched', 'pending', 'not_compared') AND called.record_id IS NULL
    ) AS overlooked
FROM read_parquet($truth) AS told
LEFT JOIN called ON called.side = told.side AND called.record_id = told.record_id
GROUP BY GROUPING SETS ((told.fault), ())
ORDER BY false_alarms DESC;
