-- what: the true pairs
-- grain: one row per ledger line and the invoice that it books, if upstream has it
-- inputs: real_typed
-- parameters: none
SELECT replace(record_id, 'U', 'L') AS ledger_record_id, record_id AS upstream_record_id
FROM real_typed
WHERE fault <> 'not_found'
UNION ALL
SELECT replace(record_id, 'U', 'L') || 'B' AS ledger_record_id, record_id AS upstream_record_id
FROM real_typed
WHERE fault = 'booked_twice'
