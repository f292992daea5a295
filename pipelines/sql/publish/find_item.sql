-- What: where the records of an item are. The first of each side stands in the row that the item itself has, so that a few
--       items are read without looking through all; what an item has beyond that stands in a table of its own.
-- Grain: out_find_item one row per item, in the order of recon__item; out_find_further one row per further record; find_member
--        one row per record, for the other indexes.
-- Inputs: reader.core_upstream__invoice, reader.core_ledger__entry, reader.recon__item, reader.recon__member.
-- Parameters: none.
CREATE OR REPLACE TEMP TABLE find_member AS
SELECT i.rowid AS item_row, m.side, m.record_row
FROM (
    SELECT m.item_id, m.side, u.rowid AS record_row
    FROM reader.recon__member AS m
    JOIN reader.core_upstream__invoice AS u ON u.record_id = m.record_id
    WHERE m.side = 'upstream'
    UNION ALL
    SELECT m.item_id, m.side, l.rowid
    FROM reader.recon__member AS m
    JOIN reader.core_ledger__entry AS l ON l.record_id = m.record_id
    WHERE m.side = 'ledger'
) AS m
JOIN reader.recon__item AS i ON i.item_id = m.item_id;
CREATE OR REPLACE TABLE reader.out_find_item AS
WITH first_record AS (
    SELECT
        item_row, min(record_row) FILTER (side = 'upstream') AS upstream_row,
        min(record_row) FILTER (side = 'ledger') AS ledger_row
    FROM find_member
    GROUP BY item_row
)
SELECT i.rowid AS item_row, f.upstream_row, f.ledger_row
FROM reader.recon__item AS i
LEFT JOIN first_record AS f ON f.item_row = i.rowid
ORDER BY item_row;
CREATE OR REPLACE TABLE reader.out_find_further AS
SELECT m.item_row, m.side, m.record_row
FROM find_member AS m
JOIN reader.out_find_item AS i ON i.item_row = m.item_row
WHERE m.record_row <> CASE m.side WHEN 'upstream' THEN i.upstream_row ELSE i.ledger_row END
ORDER BY ALL;
