-- Stop: a declared column is not there, or has another type, or may be NULL though it must not (schema drift).
-- Grain: one row per declared column that is not as declared.
-- Inputs: {batch} = audit_declared_column, and the catalogue.
-- Parameters: none.
WITH declared AS (
    SELECT * FROM {batch}
),
present AS (
    SELECT table_name, column_name, data_type, is_nullable
    FROM DUCKDB_COLUMNS()
    WHERE database_name = CURRENT_DATABASE() AND schema_name = 'main'
)
SELECT
    declared.table_name || '|' || declared.column_name AS row_key,
    declared.type AS declared_type,
    present.data_type AS found_type,
    declared.is_required,
    present.is_nullable
FROM declared
LEFT JOIN present USING (table_name, column_name)
WHERE present.data_type IS DISTINCT FROM declared.type OR (declared.is_required AND present.is_nullable)
