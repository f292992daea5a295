-- What: whose invoices need work, and how often: findings in proportion to what was compared with that supplier.
-- Grain: one row per taxpayer and supplier (purchases only).
-- Inputs: recon__item, recon__member, core_upstream__invoice, core_ledger__entry, out__open_item.
-- Parameters: none.
-- Items that wait (pending) or could not be compared count in neither number.
CREATE OR REPLACE VIEW out__supplier_errors AS
WITH member AS (
    SELECT m.item_id, 1 AS place, u.record_id, u.seller_name AS party_name, u.seller_tax_id AS party_tax_id
    FROM recon__member AS m
    JOIN core_upstream__invoice AS u ON u.record_id = m.record_id
    WHERE m.side = 'upstream' AND u.direction = 'input'
    UNION ALL
    SELECT m.item_id, 2, l.record_id, l.counterparty_name, l.counterparty_tax_id
    FROM recon__member AS m
    JOIN core_ledger__entry AS l ON l.record_id = m.record_id
    WHERE m.side = 'ledger' AND l.direction = 'input'
),
party AS (
    -- Name and tax id of one record, the first that has either: else two companies make a third.
    SELECT item_id, place, party_name, party_tax_id
    FROM member
    QUALIFY row_number() OVER (
        PARTITION BY item_id ORDER BY COALESCE(party_tax_id, party_name) IS NULL, place, record_id
    ) = 1
),
item AS (
    SELECT i.taxpayer_id, i.item_id, i.verdict, p.place, p.party_name, p.party_tax_id
    FROM recon__item AS i
    JOIN party AS p ON p.item_id = i.item_id
    WHERE i.verdict NOT IN ('pending', 'not_compared')
),
keyed AS (
    SELECT
        i.*, o.item_id IS NOT NULL AS is_open, o.at_stake_cny,
        COALESCE(i.party_tax_id, regexp_replace(translate(i.party_name, '（）', '()'), '\s', '', 'g'), '?') AS party_key
    FROM item AS i
    LEFT JOIN out__open_item AS o ON o.item_id = i.item_id
)
SELECT
    taxpayer_id,
    -- As the tax system writes it, if it does.
    arg_min(party_name, (place, party_name)) FILTER (WHERE party_name IS NOT NULL) AS party_name,
    any_value(party_tax_id) AS party_tax_id,
    count(*) AS compared_items,
    count(*) FILTER (WHERE is_open) AS open_items,
    round(100.0 * count(*) FILTER (WHERE is_open) / count(*), 2)::DECIMAL(5,2) AS error_percent,
    count(*) FILTER (WHERE is_open AND verdict = 'missing_upstream') AS missing_upstream_items,
    count(*) FILTER (WHERE is_open AND verdict = 'missing_ledger') AS missing_ledger_items,
    count(*) FILTER (WHERE is_open AND verdict = 'mismatched') AS mismatched_items,
    count(*) FILTER (WHERE is_open AND verdict = 'duplicate') AS duplicate_items,
    COALESCE(sum(at_stake_cny), 0)::DECIMAL(38,2) AS at_stake_cny
FROM keyed
GROUP BY taxpayer_id, party_key;
COMMENT ON VIEW out__supplier_errors IS '供应商差错率 | Suppliers by error rate: findings among what was compared';
COMMENT ON COLUMN out__supplier_errors.party_name IS '供应商名称 | the supplier''s name';
COMMENT ON COLUMN out__supplier_errors.party_tax_id IS '供应商税号 | the supplier''s tax id; NULL if no side has one';
COMMENT ON COLUMN out__supplier_errors.compared_items IS '已比较项数 | items that were compared';
COMMENT ON COLUMN out__supplier_errors.open_items IS '待处理项数 | of them: open findings';
COMMENT ON COLUMN out__supplier_errors.error_percent IS '差错率（%） | open findings per 100 compared items';
COMMENT ON COLUMN out__supplier_errors.missing_upstream_items IS '其中：税务系统没有 | of them: not in the tax system';
COMMENT ON COLUMN out__supplier_errors.missing_ledger_items IS '其中：账上没有 | of them: not booked';
COMMENT ON COLUMN out__supplier_errors.mismatched_items IS '其中：不一致 | of them: the two sides disagree';
COMMENT ON COLUMN out__supplier_errors.duplicate_items IS '其中：重复 | of them: booked or listed twice';
COMMENT ON COLUMN out__supplier_errors.at_stake_cny IS '涉及金额（元） | money at stake in the open findings';
