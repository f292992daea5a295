-- What: how many items and how much money under each verdict and cause.
-- Grain: one row per taxpayer, direction, verdict and cause.
-- Inputs: recon__item, out__open_item.
-- Parameters: none.
CREATE OR REPLACE VIEW out__summary AS
WITH stake AS (
    SELECT taxpayer_id, direction, cause, sum(at_stake_cny) AS at_stake_cny
    FROM out__open_item
    GROUP BY taxpayer_id, direction, cause
),
item AS (
    SELECT
        taxpayer_id, direction, verdict, cause,
        count(*) AS items,
        count(*) FILTER (WHERE needs_review) AS items_to_review,
        sum(upstream_total_cny) AS upstream_total_cny,
        sum(ledger_total_cny) AS ledger_total_cny
    FROM recon__item
    GROUP BY taxpayer_id, direction, verdict, cause
)
SELECT
    i.taxpayer_id, i.direction, i.verdict, i.cause, i.items, i.items_to_review,
    i.upstream_total_cny::DECIMAL(38,2) AS upstream_total_cny,
    i.ledger_total_cny::DECIMAL(38,2) AS ledger_total_cny,
    COALESCE(s.at_stake_cny, 0)::DECIMAL(38,2) AS at_stake_cny
FROM item AS i
LEFT JOIN stake AS s ON s.taxpayer_id = i.taxpayer_id AND s.direction = i.direction AND s.cause = i.cause;
COMMENT ON VIEW out__summary IS '按结论与原因汇总 | Items and money by verdict and cause';
COMMENT ON COLUMN out__summary.items IS '项数 | number of items';
COMMENT ON COLUMN out__summary.items_to_review IS '需人工确认的项数 | items that a person should look at';
COMMENT ON COLUMN out__summary.at_stake_cny IS '涉及金额（元） | money at stake; 0 for matched and pending';
