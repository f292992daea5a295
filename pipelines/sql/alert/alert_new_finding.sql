-- alert_new_finding: the findings that no alert has spoken of: new since the last night that ended with its data guard
-- intact. A night whose stop-rule failed withholds its findings, a crashed one never spoke: both are caught up here.
-- Grain: one row per finding. Inputs: report_finding, night__run, audit__verdict.
-- Parameters: night_id.
CREATE OR REPLACE TEMP TABLE alert_new_finding AS
WITH spoken AS (
    SELECT MAX(night_id) AS night_id
    FROM night__run
    WHERE night_id < $night_id
        AND finished_at IS NOT NULL
        AND night_id NOT IN (SELECT night_id FROM audit__verdict WHERE severity = 'stop' AND NOT is_success)
)
SELECT report_finding.*
FROM report_finding
-- a NULL first night is a finding that no night has registered: nothing tells that it is new
WHERE first_night > COALESCE((SELECT night_id FROM spoken), '');
