-- Warn: a source that was due stayed silent tonight, or what came could not be used.
-- Grain: one row per source.
-- Inputs: {batch} = night__source, audit_parameter.
-- Parameters: audit_parameter.night_id.
WITH source AS (
    SELECT * FROM {batch}
)
SELECT source.night_id || '|' || source.source_id AS row_key, source.state, source.message_zh, source.message_en
FROM source
INNER JOIN audit_parameter USING (night_id)
WHERE source.state IN ('silent', 'failed')
