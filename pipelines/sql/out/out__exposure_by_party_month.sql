-- What: with which party, in which month, how much is unsettled.
-- Grain: one row per taxpayer, direction, party and month (of issue, or of posting where nothing was issued).
-- Inputs: out__open_item.
-- Parameters: none.
CREATE OR REPLACE VIEW out__exposure_by_party_month AS
WITH keyed AS (
    -- One party under several spellings: its tax id counts, else its name without blanks and bracket width.
    SELECT
        *,
        COALESCE(party_tax_id, regexp_replace(translate(party_name, '（）', '()'), '\s', '', 'g'), '?') AS party_key,
        date_trunc('month', COALESCE(issued_on, posted_on))::DATE AS month_start
    FROM out__open_item
)
SELECT
    taxpayer_id, direction, min(party_name) AS party_name, min(party_tax_id) AS party_tax_id, month_start,
    count(*) AS items,
    sum(at_stake_cny)::DECIMAL(38,2) AS at_stake_cny,
    COALESCE(sum(at_stake_cny) FILTER (WHERE verdict = 'missing_upstream'), 0)::DECIMAL(38,2) AS missing_upstream_cny,
    COALESCE(sum(at_stake_cny) FILTER (WHERE verdict = 'missing_ledger'), 0)::DECIMAL(38,2) AS missing_ledger_cny,
    COALESCE(sum(at_stake_cny) FILTER (WHERE verdict = 'mismatched'), 0)::DECIMAL(38,2) AS mismatched_cny,
    COALESCE(sum(at_stake_cny) FILTER (WHERE verdict = 'duplicate'), 0)::DECIMAL(38,2) AS duplicate_cny,
    COALESCE(sum(at_stake_cny) FILTER (WHERE verdict = 'not_compared'), 0)::DECIMAL(38,2) AS not_compared_cny,
    max(age_days) AS oldest_days
FROM keyed
GROUP BY taxpayer_id, direction, party_key, month_start;
COMMENT ON VIEW out__exposure_by_party_month IS '按对方与月份的未决金额 | Unsettled money by party and month';
COMMENT ON COLUMN out__exposure_by_party_month.party_name IS '对方名称 | the other party''s name';
COMMENT ON COLUMN out__exposure_by_party_month.party_tax_id IS '对方税号 | the other party''s tax id';
COMMENT ON COLUMN out__exposure_by_party_month.month_start IS '月份 | first day of the month of issue, else of posting';
COMMENT ON COLUMN out__exposure_by_party_month.items IS '项数 | open findings';
COMMENT ON COLUMN out__exposure_by_party_month.at_stake_cny IS '涉及金额（元） | money at stake, all verdicts';
COMMENT ON COLUMN out__exposure_by_party_month.missing_upstream_cny IS '其中：税务系统没有 | of it: not in the tax system';
COMMENT ON COLUMN out__exposure_by_party_month.missing_ledger_cny IS '其中：账上没有 | of it: not booked';
COMMENT ON COLUMN out__exposure_by_party_month.mismatched_cny IS '其中：不一致 | of it: the two sides disagree';
COMMENT ON COLUMN out__exposure_by_party_month.duplicate_cny IS '其中：重复 | of it: booked or listed twice';
COMMENT ON COLUMN out__exposure_by_party_month.not_compared_cny IS '其中：无法比较 | of it: could not be compared';
COMMENT ON COLUMN out__exposure_by_party_month.oldest_days IS '最早单据天数 | age in days of the oldest document';
