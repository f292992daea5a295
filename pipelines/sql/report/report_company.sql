-- report_company: how each of our entities stands, with most money at stake first.
-- Grain: one row per taxpayer and direction. Inputs: recon__item, report_finding, report_card. Parameters: matched_verdict,
-- pending_verdict.
WITH item AS (
    SELECT
        taxpayer_id,
        direction,
        COUNT(*) AS item_count,
        COUNT(*) FILTER (verdict = $matched_verdict) AS matched_count,
        COUNT(*) FILTER (verdict = $pending_verdict) AS pending_count
    FROM recon__item
    GROUP BY taxpayer_id, direction
),
finding AS (
    SELECT
        card.taxpayer_id,
        card.direction,
        COUNT(*) AS finding_count,
        SUM(at_stake_cny) AS at_stake_cny,
        COUNT(*) FILTER (card.is_new) AS new_count,
        COUNT(*) FILTER (is_overdue) AS overdue_count
    FROM report_card AS card
    JOIN report_finding USING (item_id)
    GROUP BY card.taxpayer_id, card.direction
)
SELECT
    taxpayer_id, direction, item_count, matched_count, pending_count,
    COALESCE(finding_count, 0) AS finding_count,
    COALESCE(at_stake_cny, 0)::DECIMAL(18, 2) AS at_stake_cny,
    COALESCE(new_count, 0) AS new_count,
    COALESCE(overdue_count, 0) AS overdue_count
FROM item
LEFT JOIN finding USING (taxpayer_id, direction)
ORDER BY COALESCE(at_stake_cny, 0) DESC, taxpayer_id, direction;
