-- alert_open_group: every open finding, by cause and taxpayer, told before or not.
-- Grain: one row per cause and taxpayer. Inputs: report_finding. Parameters: none.
SELECT cause, taxpayer_id, COUNT(*) AS finding_count, SUM(at_stake_cny)::DECIMAL(18, 2) AS amount_cny
FROM report_finding
GROUP BY cause, taxpayer_id
ORDER BY cause, taxpayer_id;
