-- what: since which night an adjustment has stood, and which night no longer showed it
-- grain: night__adjustment one row per adjustment and stretch of nights
-- inputs: recon__adjustment, night__adjustment
-- parameters: $night_id
-- Running a night again gives the same rows: what this night had written is taken back first.

DELETE FROM night__adjustment WHERE first_night = $night_id;

UPDATE night__adjustment SET gone_night = NULL WHERE gone_night = $night_id;

UPDATE night__adjustment SET gone_night = $night_id
WHERE gone_night IS NULL
  AND (period, item_id, first_night) NOT IN (SELECT (period, item_id, first_night) FROM recon__adjustment);

INSERT INTO night__adjustment BY NAME
SELECT period, item_id, kind, found_cause, upstream_change_cny, ledger_change_cny, first_night, NULL AS gone_night
FROM recon__adjustment
WHERE first_night = $night_id;
