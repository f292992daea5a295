-- what: what has changed in filed months since they were filed
-- grain: recon__adjustment one row per item of a filed month that is not what was filed
-- inputs: work_filed, recon__filed_item, night__adjustment
-- parameters: $night_id
-- An adjustment keeps the night that first showed it as it is, and goes when the item is again what was filed. Of a stretch that
-- ends with this night the earlier run of this night thought so.

DELETE FROM recon__adjustment;

INSERT INTO recon__adjustment BY NAME
WITH changed AS (
    SELECT
        coalesce(w.period, f.period) AS period, coalesce(w.item_id, f.item_id) AS item_id,
        coalesce(w.taxpayer_id, f.taxpayer_id) AS taxpayer_id, coalesce(w.direction, f.direction) AS direction,
        CASE WHEN f.item_id IS NULL THEN 'arrived' WHEN w.item_id IS NULL THEN 'gone' ELSE 'changed' END AS kind,
        f.verdict AS filed_verdict, f.cause AS filed_cause, w.verdict AS found_verdict, w.cause AS found_cause,
        (coalesce(w.upstream_total_cny, 0) - coalesce(f.upstream_total_cny, 0))::DECIMAL(18,2) AS upstream_change_cny,
        (coalesce(w.ledger_total_cny, 0) - coalesce(f.ledger_total_cny, 0))::DECIMAL(18,2) AS ledger_change_cny
    FROM work_filed w
    FULL JOIN (FROM recon__filed_item WHERE period <= getvariable('filed_through')) f ON f.item_id = w.item_id AND f.period = w.period
    WHERE getvariable('filed_through') IS NOT NULL
      AND (f.item_id IS NULL OR w.item_id IS NULL
           OR (f.verdict, f.cause, f.upstream_total_cny, f.ledger_total_cny, f.record_ids)
              IS DISTINCT FROM (w.verdict, w.cause, w.upstream_total_cny, w.ledger_total_cny, w.record_ids))
)
SELECT c.*, coalesce(n.first_night, $night_id) AS first_night
FROM changed c
LEFT JOIN night__adjustment n
  ON n.period = c.period AND n.item_id = c.item_id AND n.kind = c.kind
 AND n.found_cause IS NOT DISTINCT FROM c.found_cause
 AND n.upstream_change_cny = c.upstream_change_cny AND n.ledger_change_cny = c.ledger_change_cny
 AND n.first_night <= $night_id AND coalesce(n.gone_night >= $night_id, TRUE);
