-- what: why rows of the file just read were rejected, with the first row of each reason
-- grain: one row per column and reason, the most frequent first
-- inputs: new_reject, reject_reason
-- parameters: none
SELECT
    reason, column_name, count(*) AS row_count, arg_min(sheet, (sheet, row_number)) AS sheet,
    arg_min(row_number, (sheet, row_number)) AS first_row, arg_min(found, (sheet, row_number)) AS found,
    any_value(expected) AS expected
FROM new_reject
JOIN reject_reason USING (reason)
GROUP BY reason, column_name
ORDER BY row_count DESC, first_row, column_name;
