-- audit_declared_column: what the model declares, to be compared with what the warehouse holds.
-- Grain: one row per declared table and column.
-- Inputs: none.
-- Parameters: table_names, column_names, types, is_required (lists of equal length).
CREATE OR REPLACE TEMP TABLE audit_declared_column AS
SELECT
    UNNEST(CAST($table_names AS VARCHAR[])) AS table_name,
    UNNEST(CAST($column_names AS VARCHAR[])) AS column_name,
    UNNEST(CAST($types AS VARCHAR[])) AS type,
    UNNEST(CAST($is_required AS BOOLEAN[])) AS is_required
