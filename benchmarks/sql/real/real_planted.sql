-- what: which fault each real invoice carries
-- grain: one row per real invoice; fault `none` if untouched; spot: which of the digits 3 to 8 is spoilt; nudge: 1 to 14
-- inputs: real_invoice, real_fault
-- parameters: $seed, $rate (share of the invoices that get a fault)
CREATE OR REPLACE TEMP TABLE real_planted AS
WITH drawn AS (
    SELECT
        *,
        md5_number_lower(record_id || '/which/' || $seed) AS which,
        3 + CAST(md5_number_lower(record_id || '/spot/' || $seed) % 6 AS INTEGER) AS spot,
        1 + CAST(md5_number_lower(record_id || '/nudge/' || $seed) % 14 AS INTEGER) AS nudge,
        md5_number_lower(record_id || '/is/' || $seed) % 10000 < CAST($rate * 10000 AS INTEGER) AS is_chosen
    FROM real_invoice
),

offered AS (
    SELECT drawn.*, real_fault.fault AS offer, real_fault.verdict AS offer_verdict, real_fault.cause AS offer_cause
    FROM drawn
    JOIN real_fault ON real_fault.place = drawn.which % (SELECT count(*) FROM real_fault)
)

SELECT
    * EXCLUDE (offer, offer_verdict, offer_cause, which, is_chosen),
    CASE
        WHEN is_surplus THEN 'listed_twice'
        WHEN NOT is_chosen OR is_repeated OR total_cny = 0 THEN 'none'
        WHEN is_void THEN 'void_booked'
        WHEN offer = 'date_differs' AND NOT keeps_date THEN 'none'
        WHEN offer = 'noise_lost_zeros' AND number NOT LIKE '0%' THEN 'none'
        ELSE offer
    END AS fault,
    CASE fault
        WHEN 'listed_twice' THEN 'duplicate' WHEN 'void_booked' THEN 'mismatched' WHEN 'none' THEN 'matched'
        ELSE offer_verdict
    END AS verdict,
    CASE fault
        WHEN 'listed_twice' THEN 'listed_twice' WHEN 'void_booked' THEN 'dead_invoice_booked' WHEN 'none' THEN 'exact'
        ELSE offer_cause
    END AS cause,
    NOT (is_crowded AND cause IN ('number_mistyped', 'number_absent')) AS is_resolvable
FROM offered;
