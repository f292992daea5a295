-- what: periods that were filed stay as they were
-- grain: recon__filed_period one row per month, recon__filed_item per item then; work_filed per item of such a month now
-- inputs: recon__item, recon__member, core_upstream__invoice, core_ledger__entry
-- parameters: $filed_through (a month as 2026-09; NULL: nothing is filed), $as_of, $night_id, $is_look_back
-- The period of an item is the month of its oldest record. A filed row is never updated. A month that is not over cannot have
-- been filed: a setting that says so files nothing more until then. A look back files nothing: it knows what was filed by then.

SET VARIABLE filed_through = (
    SELECT CASE WHEN NOT $is_look_back AND $filed_through < strftime($as_of::TIMESTAMP, '%Y-%m') THEN $filed_through
                ELSE max(period) FILTER (period <= $filed_through AND filed_night <= $night_id) END
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
    WHERE NOT $is_look_back AND EXISTS (FROM recon__item)
)
SELECT strftime(month, '%Y-%m') AS period
FROM (SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 MONTH)) AS month FROM span)
WHERE strftime(month, '%Y-%m') > coalesce((SELECT max(period) FROM recon__filed_period), '');

INSERT INTO recon__filed_item SELECT * FROM work_filed WHERE period IN (SELECT period FROM work_newly_filed);

INSERT INTO recon__filed_period SELECT period, $night_id FROM work_newly_filed;
