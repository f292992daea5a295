-- what: of which ledger lines absence may be concluded: their days were received, and their grace window is over
-- grain: work_older_line one row per open line without a day whose number is of a year before the days that are looked at;
--        work_older_gap one row per such line whose year was not received; work_looked one row per open ledger line
-- inputs: work_open_ledger, the macro looked_at (coverage.sql)
-- parameters: $as_of, $grace_hours, $lookback_days

-- The last day of the year that 20 digits begin with.
CREATE OR REPLACE TEMP TABLE work_older_line AS
SELECT
    record_id, taxpayer_id, direction, make_date(2000 + CAST(left(plain, 2) AS INTEGER), 12, 31) AS posted_on,
    CAST(NULL AS DATE) AS invoice_date
FROM work_open_ledger
WHERE invoice_date IS NULL AND regexp_full_match(plain, '2[1-9][0-9]{18}')
  AND left(plain, 2) < strftime(posted_on - to_days($lookback_days), '%y');

CREATE OR REPLACE TEMP TABLE work_older_gap AS
SELECT ledger_id FROM looked_at('work_older_line', $as_of::TIMESTAMP, $grace_hours, $lookback_days) WHERE NOT is_covered;

CREATE OR REPLACE TEMP TABLE work_looked AS
SELECT
    ledger_id, due_at, is_covered AND ledger_id NOT IN (SELECT ledger_id FROM work_older_gap) AS is_covered,
    is_settled AND ledger_id NOT IN (SELECT ledger_id FROM work_older_gap) AS is_settled,
    is_awaited AND ledger_id NOT IN (SELECT ledger_id FROM work_older_gap) AS is_awaited
FROM looked_at('work_open_ledger', $as_of::TIMESTAMP, $grace_hours, $lookback_days);
