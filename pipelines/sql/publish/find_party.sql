-- What: every name of a party as it is written, beside how it is compared: cleaning names is dear, and they are few.
-- Grain: one row per name.
-- Inputs: reader.core_upstream__invoice, reader.core_ledger__entry.
-- Parameters: none.
CREATE OR REPLACE TABLE reader.out_find_party AS
WITH written AS (
    SELECT seller_name AS name FROM reader.core_upstream__invoice
    UNION
    SELECT buyer_name FROM reader.core_upstream__invoice
    UNION
    SELECT counterparty_name FROM reader.core_ledger__entry
)
SELECT regexp_replace(upper(translate(name, '（）', '()')), '\s', '', 'g') AS party, name
FROM written
WHERE name IS NOT NULL
ORDER BY ALL;
