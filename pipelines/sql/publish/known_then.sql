-- What: takes out of the copy for readers what only nights after the shown one knew; a look back shows an earlier night.
-- Grain: rows of recon__filed_item, recon__filed_period, night__finding and night__adjustment.
-- Inputs: reader.recon__filed_item, reader.recon__filed_period, reader.night__finding, reader.night__adjustment.
-- Parameters: $night_id.
DELETE FROM reader.recon__filed_item
WHERE period IN (SELECT period FROM reader.recon__filed_period WHERE filed_night > $night_id);

DELETE FROM reader.recon__filed_period WHERE filed_night > $night_id;

DELETE FROM reader.night__finding WHERE first_night > $night_id;

UPDATE reader.night__finding
SET last_night = $night_id, gone_night = CASE WHEN gone_night <= $night_id THEN gone_night END
WHERE last_night > $night_id OR gone_night > $night_id;

DELETE FROM reader.night__adjustment WHERE first_night > $night_id;

UPDATE reader.night__adjustment SET gone_night = NULL WHERE gone_night > $night_id;
