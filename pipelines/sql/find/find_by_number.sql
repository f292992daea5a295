-- What: the items that a number, its end, a part of it or a near miss names.
-- Grain: find_candidate, one row per item and number: 0 the number itself, 1 its end, 2 a part, 3 a near miss.
-- Inputs: out_find_number.
-- Parameters: $number (cleaned text), $pattern (LIKE pattern on the cleaned number), $tail_from and $tail_to (the stretch of
--             out_find_number that can fit), $near (regular expression of its near misses; NULL for none), $near_tails.
CREATE OR REPLACE TEMP TABLE find_candidate AS
WITH named AS (
    SELECT item_row, number FROM out_find_number WHERE tail BETWEEN $tail_from AND $tail_to AND number LIKE $pattern
    UNION ALL
    SELECT item_row, number FROM out_find_number WHERE tail = -1 AND number LIKE $pattern
    UNION ALL
    SELECT item_row, number FROM out_find_number
    WHERE $near IS NOT NULL AND tail IN (SELECT unnest($near_tails)) AND regexp_matches(number, $near)
)
SELECT
    item_row,
    CASE
        WHEN number = $number THEN 0
        WHEN suffix(number, $number) THEN 1
        WHEN contains(number, $number) OR number LIKE $pattern THEN 2
        ELSE 3
    END AS distance
FROM named;
