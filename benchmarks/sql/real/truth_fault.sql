-- what: what a perfect reconciliation says of every record
-- grain: one row per record of either side
-- inputs: real_planted, real_typed
-- parameters: none
SELECT 'upstream' AS side, record_id, fault, verdict, cause, is_resolvable
FROM real_planted
WHERE fault <> 'not_found'
UNION ALL
SELECT 'ledger' AS side, replace(record_id, 'U', 'L') AS record_id, fault, verdict, cause, is_resolvable
FROM real_typed
UNION ALL
SELECT
    'ledger' AS side,
    replace(record_id, 'U', 'L') || 'B' AS record_id,
    fault,
    'duplicate' AS verdict,
    'booked_twice' AS cause,
    TRUE AS is_resolvable
FROM real_typed
WHERE fault = 'booked_twice'
