-- report_party: findings by the other party, with most money at stake first; the rest in one row, so that sums hold.
-- Grain: one row per party among the first ones, one (party_count > 1) for all others together.
-- Inputs: report_finding, report_card. Parameters: row_limit.
WITH party AS (
    SELECT
        party,
        MIN(party_tax_id) AS party_tax_id,
        COUNT(*) AS finding_count,
        SUM(at_stake_cny) AS at_stake_cny,
        COUNT(*) FILTER (card.is_new) AS new_count,
        COUNT(*) FILTER (is_overdue) AS overdue_count,
        MAX(age_days) AS oldest_days
    FROM report_card AS card
    JOIN report_finding USING (item_id)
    GROUP BY party
),
ranked AS (
    SELECT *, ROW_NUMBER() OVER (ORDER BY at_stake_cny DESC, party) AS place FROM party
)
SELECT
    IF(place <= $row_limit, party, NULL) AS party,
    MIN(IF(place <= $row_limit, party_tax_id, NULL)) AS party_tax_id,
    COUNT(*) AS party_count,
    SUM(finding_count)::BIGINT AS finding_count,
    SUM(at_stake_cny)::DECIMAL(18, 2) AS at_stake_cny,
    SUM(new_count)::BIGINT AS new_count,
    SUM(overdue_count)::BIGINT AS overdue_count,
    MAX(oldest_days) AS oldest_days,
    LEAST(MIN(place), $row_limit + 1) AS place
FROM ranked
GROUP BY LEAST(place, $row_limit + 1), IF(place <= $row_limit, party, NULL)
ORDER BY place;
