-- what: how each planted fault fared
-- grain: one row per fault; right is the share of its records with the right cause
-- inputs: judged_record
-- parameters: none
SELECT
    fault,
    count(*) AS records,
    avg(CAST(coalesce(cause = found_cause, FALSE) AS INTEGER)) AS cause_right,
    avg(CAST(NOT is_resolvable AS INTEGER)) AS unresolvable
FROM judged_record
WHERE fault <> 'none'
GROUP BY fault
ORDER BY cause_right, fault;
