-- What: rows of the index that do not lie where the item lies: looking up by row would show another item's records.
-- Grain: one row, or none if all is well.
-- Inputs: reader.out_find_item, reader.recon__item.
-- Parameters: none.
SELECT count(*) FILTER (rowid <> item_row) AS misplaced, count(*) AS indexed, (SELECT count(*) FROM reader.recon__item) AS items
FROM reader.out_find_item
HAVING misplaced > 0 OR indexed <> items;
