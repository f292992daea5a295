-- what: days of a range that have been received whole, and the invoices of these days that a source brought
-- grain: one row
-- inputs: core_upstream__coverage, core_upstream__invoice
-- parameters: $source, $taxpayer and $direction (NULL: whatever the source brought), $first, $last
SELECT
    (
        -- a day counts when every direction that the source shows has it
        SELECT count(*)
        FROM (
            SELECT issue_date
            FROM core_upstream__coverage
            WHERE issue_date BETWEEN $first AND $last
                AND (source_id = $source OR taxpayer_id = $taxpayer)
                AND ($direction IS NULL OR direction = $direction)
            GROUP BY issue_date
            HAVING bool_and(is_complete)
        )
    ) AS complete_days,
    (
        SELECT count(*)
        FROM core_upstream__invoice
        WHERE source_id = $source AND CAST(issued_at AS DATE) BETWEEN $first AND $last
    ) AS records;
