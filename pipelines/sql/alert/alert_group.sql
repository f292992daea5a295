-- alert_group: what is new, by cause and taxpayer.
-- Grain: one row per cause and taxpayer. Inputs: alert_new_finding. Parameters: none.
SELECT cause, taxpayer_id, COUNT(*) AS finding_count, SUM(at_stake_cny)::DECIMAL(18, 2) AS amount_cny
FROM alert_new_finding
GROUP BY cause, taxpayer_id
ORDER BY cause, taxpayer_id;
