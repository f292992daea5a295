-- what: the entries of a ledger whose field is too short for 20 digits
-- grain: one row per entry
-- inputs: $file
-- parameters: $kept (digits from the start that are left), $file
SELECT
    * REPLACE (
        CASE WHEN regexp_full_match(invoice_reference, '[0-9]{20}') THEN left(invoice_reference, $kept)
             ELSE invoice_reference END AS invoice_reference
    )
FROM read_parquet($file)
