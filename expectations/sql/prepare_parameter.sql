-- audit_parameter: values that the checks compare with; a check that misses one errors instead of passing.
-- Grain: one row, for the life of the session.
-- Inputs: none.
-- Parameters: night_id, as_of, arithmetic_tolerance_cny, within_tolerance_cny, sync_grace_hours, reject_limit_percent.
CREATE OR REPLACE TEMP TABLE audit_parameter AS
SELECT
    CAST($night_id AS VARCHAR) AS night_id,
    CAST($as_of AS TIMESTAMP) AS as_of,
    CAST($arithmetic_tolerance_cny AS DECIMAL(18, 2)) AS arithmetic_tolerance_cny,
    CAST($within_tolerance_cny AS DECIMAL(18, 2)) AS within_tolerance_cny,
    CAST($sync_grace_hours AS BIGINT) AS sync_grace_hours,
    CAST($reject_limit_percent AS BIGINT) AS reject_limit_percent
