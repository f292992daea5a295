-- what: what the verification service was asked and answered tonight, all asking of the night together
-- grain: one row per outcome
-- inputs: core_verification__answer
-- parameters: $source_id, $received_at
SELECT outcome, count(*) AS answers
FROM core_verification__answer
WHERE source_id = $source_id AND received_at = $received_at
GROUP BY outcome;
