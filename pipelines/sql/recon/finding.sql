-- what: since which night a finding has been open, and which night no longer showed it
-- grain: night__finding one row per item, cause and stretch of nights
-- inputs: recon__item, night__finding, work_set_aside
-- parameters: $night_id, $verdicts
-- Running a night again gives the same rows: what this night had written is taken back first.

DELETE FROM night__finding WHERE first_night = $night_id;

UPDATE night__finding SET gone_night = NULL WHERE gone_night = $night_id;

CREATE OR REPLACE TEMP TABLE work_tonight AS
SELECT item_id, cause FROM recon__item
WHERE list_contains($verdicts, verdict) AND item_id NOT IN (SELECT item_id FROM work_set_aside);

UPDATE night__finding SET gone_night = $night_id
WHERE gone_night IS NULL AND (item_id, cause) NOT IN (SELECT (item_id, cause) FROM work_tonight);

UPDATE night__finding SET last_night = $night_id WHERE gone_night IS NULL;

INSERT INTO night__finding
SELECT t.item_id, t.cause, $night_id, $night_id, NULL
FROM work_tonight t
ANTI JOIN (FROM night__finding WHERE gone_night IS NULL) f ON f.item_id = t.item_id AND f.cause = t.cause;
