-- what: up to which night a person took a case on, of a version that did not keep it: all that was known when it was migrated
-- grain: filled_row one row per earlier_row
-- inputs: earlier_row
-- parameters: none

CREATE OR REPLACE TEMP VIEW filled_row AS
SELECT *, CASE WHEN acknowledged_by IS NOT NULL THEN updated_night END AS acknowledged_night
FROM earlier_row;
