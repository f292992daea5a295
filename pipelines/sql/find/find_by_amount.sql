-- What: the items of which a sum lies in the range: total, amount or tax of either side, without sign.
-- Grain: find_candidate, one row per item and sum.
-- Inputs: out_find_amount.
-- Parameters: $amount_from, $amount_to.
CREATE OR REPLACE TEMP TABLE find_candidate AS
SELECT item_row, 0 AS distance
FROM out_find_amount
WHERE amount_cny >= $amount_from AND amount_cny <= $amount_to;
