-- what: periods that were filed stay as they were; what has changed in them since is an adjustment
-- grain: recon__filed_period one row per month, recon__filed_item per item then, recon__adjustment per item that differs now
-- inputs: recon__item, recon__member, core_upstream__invoice, core_ledger__entry, night__run
-- parameters: $filed_through (a month as 2026-09; NULL: nothing is filed), $as_of, $night_id
-- The period of an item is the month of its oldest record. A filed row is never updated. An adjustment keeps the night that
-- first showed it, and goes when the item is again what was filed. A month that is not over cannot have been filed: a setting that
-- says so files nothing more until then.

SET VARIABLE filed_through = (
    SELECT CASE WHEN $filed_through < strftime($as_of::TIMESTAMP, '%Y-%m') THEN $filed_through
                ELSE max(period) FILTER (period <= $filed_through) END
    FROM recon__filed_period
);

CREATE OR REPLACE TEMP TABLE work_filed AS
WITH member AS (
    SELECT m.item_id, m.record_id, CAST(u.issued_at AS DATE) AS happened_on
    FROM recon__member m JOIN core_upstream__invoice u ON u.record_id = m.record_id
    WHERE m.side = 'upstream' AND getvariable('filed_through') IS NOT NULL
    UNION ALL
    SELECT m.item_id, m.record_id, least(l.posted_on, l.invoice_date)
    FROM recon__member m JOIN core_ledger__entry l ON l.record_id = m.record_id
    WHERE m.side = 'ledger' AND getvariable('filed_through') IS NOT NULL
),
placed AS (
    SELECT item_id, strftime(min(happened_on), '%Y-%m') AS period, list(record_id ORDER BY record_id) AS record_ids
    FROM member
    GROUP BY item_id
    HAVING strftime(min(happened_on), '%Y-%m') <= getvariable('filed_through')
)
SELECT
    p.period, i.item_id, i.taxpayer_id, i.direction, i.verdict, i.cause, i.upstream_total_cny, i.ledger_total_cny,
    p.record_ids
FROM placed p JOIN recon__item i USING (item_id);

-- A month in which nothing was known is filed too, with every month before it: what turns up there later has arrived.
CREATE OR REPLACE TEMP TABLE work_newly_filed AS
WITH span AS (
    SELECT
        strptime(coalesce(
            (SELECT max(period) FROM recon__filed_period), (SELECT min(period) FROM work_filed), getvariable('filed_through')
        ) || '-01', '%Y-%m-%d') AS first_day,
        strptime(getvariable('filed_through') || '-01', '%Y-%m-%d') AS last_day
    WHERE EXISTS (FROM recon__item)
)
SELECT strftime(month, '%Y-%m') AS period
FROM (SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 MONTH)) AS month FROM span)
WHERE strftime(month, '%Y-%m') > coalesce((SELECT max(period) FROM recon__filed_period), '');

INSERT INTO recon__filed_item SELECT * FROM work_filed WHERE period IN (SELECT period FROM work_newly_filed);

INSERT INTO recon__filed_period SELECT period, $night_id FROM work_newly_filed;

CREATE OR REPLACE TEMP TABLE work_adjustment AS
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
          IS DISTINCT FROM (w.verdict, w.cause, w.upstream_total_cny, w.ledger_total_cny, w.record_ids));

CREATE OR REPLACE TEMP TABLE work_known_adjustment AS SELECT * FROM recon__adjustment;

DELETE FROM recon__adjustment;

INSERT INTO recon__adjustment BY NAME
SELECT w.*, coalesce(k.first_night, $night_id) AS first_night
FROM work_adjustment w
LEFT JOIN work_known_adjustment k
  ON k.period = w.period AND k.item_id = w.item_id AND k.kind = w.kind
 AND k.found_cause IS NOT DISTINCT FROM w.found_cause
 AND k.upstream_change_cny = w.upstream_change_cny AND k.ledger_change_cny = w.ledger_change_cny;
