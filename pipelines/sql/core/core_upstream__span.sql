-- what: whose invoices a tax-side file shows and, if it was cut, from which to which day and in which order
-- grain: core_upstream__span one row per file, source, own taxpayer and direction
-- inputs: judged_upstream, typed_upstream
-- parameters: $file_id, $source_id, $is_cut

INSERT INTO core_upstream__span BY NAME
WITH neighbour AS (
    SELECT
        CAST(issued_at AS DATE) AS issue_date, sheet,
        lag(CAST(issued_at AS DATE)) OVER (ORDER BY row_number) AS date_before
    FROM judged_upstream
    WHERE $is_cut
),
shown AS (
    SELECT
        min(issue_date) AS first_issued_on, max(issue_date) AS last_issued_on,
        -- A row without a day, or a second sheet, hides where the file was cut; so does a file of one day only.
        CASE
            WHEN count(*) > count(issue_date) OR count(DISTINCT sheet) > 1 OR min(issue_date) = max(issue_date) THEN NULL
            WHEN NOT bool_or(issue_date < date_before) THEN 'rising'
            WHEN NOT bool_or(issue_date > date_before) THEN 'falling'
        END AS date_order
    FROM neighbour
),
scope AS (SELECT DISTINCT taxpayer_id, direction FROM typed_upstream)
SELECT $file_id AS file_id, $source_id AS source_id, scope.*, shown.* FROM scope, shown;
