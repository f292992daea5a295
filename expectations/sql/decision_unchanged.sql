-- Warn: the records under a decision have changed or gone since a person made it, so it should be looked at again.
-- Grain: one row per decision.
-- Inputs: {batch} = recon__decision.
-- Parameters: none.
WITH decision AS (
    SELECT * FROM {batch}
)
SELECT decision_id AS row_key, kind, state, item_id
FROM decision
WHERE state IN ('changed', 'gone')
