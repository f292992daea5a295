-- What: the columns of the `out__` views with their words.
-- Grain: one row per view and column.
-- Inputs: duckdb_columns(), duckdb_views() of the database that is open.
-- Parameters: none.
SELECT c.table_name, c.column_name, c.comment
FROM duckdb_columns() AS c
JOIN duckdb_views() AS v ON v.view_name = c.table_name AND v.database_name = c.database_name
WHERE NOT v.internal
ORDER BY c.table_name = 'out__open_item' DESC, c.table_name, c.column_index;
