-- what: of which ledger lines absence may be concluded: their days were received, and their grace window is over
-- grain: work_looked one row per open ledger line
-- inputs: work_open_ledger, the macro looked_at (coverage.sql)
-- parameters: $as_of, $grace_hours, $lookback_days

CREATE OR REPLACE TEMP TABLE work_looked AS
FROM looked_at('work_open_ledger', $as_of::TIMESTAMP, $grace_hours, $lookback_days);
