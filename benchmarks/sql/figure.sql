-- what: how often the result is right
-- grain: one row; a share of nothing is NULL
-- inputs: judged_record, found_link, true_link
-- parameters: $broken (names of the faults that break a number)
WITH record AS (
    SELECT
        *,
        coalesce(cause = found_cause, FALSE) AS is_right,
        fault <> 'none' AS is_faulty,
        side = 'ledger' AND list_contains($broken, fault) AS is_broken,
        verdict IN ('matched', 'pending')
        AND coalesce(found_verdict IN ('mismatched', 'missing_upstream', 'missing_ledger', 'duplicate'), FALSE)
            AS is_false_alarm
    FROM judged_record
),

of_records AS (
    SELECT
        count(*) AS records,
        count(*) FILTER (is_faulty) AS faulty_records,
        avg(CAST(is_right AS INTEGER)) FILTER (is_faulty) AS cause_right_faulty,
        avg(CAST(is_right AS INTEGER)) FILTER (is_faulty AND is_resolvable) AS cause_right_resolvable,
        avg(CAST(is_right AS INTEGER)) FILTER (is_faulty AND cause <> 'exact') AS cause_right_not_exact,
        avg(CAST(is_false_alarm AS INTEGER)) AS false_alarms,
        avg(CAST(NOT is_resolvable AS INTEGER)) FILTER (is_faulty) AS unresolvable,
        avg(CAST(NOT is_resolvable AS INTEGER)) FILTER (is_broken) AS unresolvable_broken
    FROM record
),

of_links AS (
    SELECT
        avg(CAST(is_true AS INTEGER)) AS precision_all,
        avg(CAST(is_true AS INTEGER)) FILTER (list_contains($broken, fault)) AS precision_broken
    FROM found_link
),

of_truth AS (
    SELECT
        avg(CAST(is_found AS INTEGER)) AS recall_all,
        avg(CAST(is_found AS INTEGER)) FILTER (list_contains($broken, fault)) AS recall_broken,
        count(*) FILTER (list_contains($broken, fault)) AS broken_links
    FROM true_link
)

SELECT * FROM of_records, of_links, of_truth;
