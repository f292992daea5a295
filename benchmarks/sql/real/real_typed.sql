-- what: the numbers and sums as the ledger has them, spoilt as planted
-- grain: one row per real invoice that is booked
-- inputs: real_planted
-- parameters: none
CREATE OR REPLACE TEMP TABLE real_typed AS
WITH booked AS (
    SELECT
        *,
        CAST(substr(number, spot, 1) AS INTEGER) AS digit,
        least(spot, 7) AS left_place,
        CAST(abs(total_cny) * 100 AS BIGINT) AS cents,
        lead(party) OVER (PARTITION BY taxpayer_id, direction ORDER BY issued_on, record_id) AS next_party
    FROM real_planted
    WHERE NOT is_surplus AND fault <> 'not_booked' AND (NOT is_void OR fault = 'void_booked')
),

spoilt AS (
    SELECT
        *,
        substr(number, 1, spot - 1) || CAST((digit + 1 + spot % 8) % 10 AS VARCHAR) || substr(number, spot + 1)
            AS substituted,
        substr(number, 1, left_place - 1)
        || substr(number, left_place + 1, 1)
        || substr(number, left_place, 1)
        || substr(number, left_place + 2) AS transposed,
        CAST(cents // 100 % 10 AS INTEGER) - CAST(cents // 1000 % 10 AS INTEGER) AS units_less_tens
    FROM booked
)

SELECT
    *,
    CASE fault
        WHEN 'number_substituted' THEN substituted
        -- two equal neighbours cannot be swapped
        WHEN 'number_transposed' THEN CASE WHEN transposed = number THEN substituted ELSE transposed END
        WHEN 'number_inserted' THEN substr(number, 1, spot - 1) || CAST((digit + 3) % 10 AS VARCHAR) || substr(number, spot)
        WHEN 'number_deleted' THEN substr(number, 1, spot - 1) || substr(number, spot + 1)
        WHEN 'number_end_lost' THEN left(number, 6)
        WHEN 'number_absent' THEN NULL
        WHEN 'noise_full_width' THEN translate(number, '0123456789', '０１２３４５６７８９')
        WHEN 'noise_blanks' THEN ' ' || left(number, 4) || ' ' || right(number, 4)
        WHEN 'noise_prefix' THEN '发票号：' || number
        WHEN 'noise_lost_zeros' THEN ltrim(number, '0')
        ELSE number
    END AS reference,
    -- swap tens and units; equal ones get 9 more
    CASE WHEN fault = 'amount_transposed' THEN
        CAST(sign(total_cny) * CASE WHEN units_less_tens = 0 THEN 9 ELSE units_less_tens * 9 END AS DECIMAL(18, 2))
    ELSE 0 END AS money_shift,
    CASE
        WHEN fault <> 'party_differs' THEN party
        WHEN next_party <> party THEN next_party
        ELSE party || '9'
    END AS booked_party,
    issued_on + CASE WHEN fault = 'date_differs' THEN nudge ELSE 0 END AS booked_date
FROM spoilt;
