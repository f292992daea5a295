-- what: the ledger lines posted in a range that a source brought; a ledger proves no day
-- grain: one row
-- inputs: core_ledger__entry
-- parameters: $source, $first, $last
SELECT NULL AS complete_days, count(*) AS records
FROM core_ledger__entry
WHERE source_id = $source AND posted_on BETWEEN $first AND $last;
