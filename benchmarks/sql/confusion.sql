-- what: planted causes that were judged as another one
-- grain: one row per planted cause and judged cause; `(none)` for a record that no item has
-- inputs: judged_record
-- parameters: none
SELECT cause AS planted, coalesce(found_cause, '(none)') AS judged, count(*) AS records
FROM judged_record
WHERE cause IS DISTINCT FROM found_cause
GROUP BY ALL
ORDER BY records DESC, planted, judged;
