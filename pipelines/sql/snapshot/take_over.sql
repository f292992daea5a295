-- What: takes over what people did that only the replaced database knows; what they did here stays as it is.
-- Grain: decisions one row per decision, alert__case one row per case.
-- Inputs: decisions and alert__case of the attached database `replaced`.
-- Parameters: none.
-- An alert that is raised anew gets the acknowledgement of the one that stood under its key.
INSERT INTO decisions BY NAME
SELECT * FROM replaced.decisions WHERE decision_id NOT IN (SELECT decision_id FROM decisions);

UPDATE decisions
SET withdrawn_at = r.withdrawn_at, withdrawn_by = r.withdrawn_by, withdrawn_reason = r.withdrawn_reason
FROM replaced.decisions AS r
WHERE r.decision_id = decisions.decision_id AND r.withdrawn_at IS NOT NULL AND decisions.withdrawn_at IS NULL;

UPDATE alert__case
SET acknowledged_by = r.acknowledged_by, acknowledged_at = r.acknowledged_at, acknowledged_note = r.acknowledged_note
FROM replaced.alert__case AS r
WHERE r.alert_key = alert__case.alert_key AND r.resolved_night IS NULL AND r.acknowledged_by IS NOT NULL
  AND alert__case.resolved_night IS NULL AND alert__case.acknowledged_by IS NULL;
