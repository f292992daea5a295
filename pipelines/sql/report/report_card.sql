-- report_card: what the page shows of each finding, in the order of money at stake.
-- Grain: report_card, one row per finding; the columns stand in the order of `CARD_FIELDS` (pipelines/reports/cards.py).
-- Inputs: report_finding, report_upstream, report_ledger, report_candidate, recon__decision.
-- Parameters: as_of, overdue_verdicts.
-- The other party is the one on the invoice; of the ledger line where there is no invoice. Two spellings of one tax id
-- are one party. Stake in fen, so that the page adds whole numbers.
CREATE OR REPLACE TEMP TABLE report_card AS
WITH decided AS (
    SELECT item_id, MIN(kind) AS kind
    FROM recon__decision
    WHERE is_honoured AND kind IN ('accept_difference', 'ignore_until', 'leave_alone')
    GROUP BY item_id
),
known AS (
    SELECT
        finding.*, decided.kind AS decision, upstream.records AS upstream_records, ledger.records AS ledger_records,
        COALESCE(upstream.record_count, 0) AS upstream_count, COALESCE(ledger.record_count, 0) AS ledger_count,
        report_candidate.records AS candidate_records,
        COALESCE(upstream.party_tax_id, ledger.party_tax_id) AS party_tax_id,
        COALESCE(upstream.party_name, ledger.party_name) AS party_name,
        upstream.party_name IS NULL AS is_own_spelling
    FROM report_finding AS finding
    LEFT JOIN report_upstream AS upstream USING (item_id)
    LEFT JOIN report_ledger AS ledger USING (item_id)
    LEFT JOIN report_candidate USING (item_id)
    LEFT JOIN decided USING (item_id)
)
SELECT
    item_id, taxpayer_id, direction, cause, basis, (at_stake_cny * 100)::BIGINT AS stake_fen, is_new,
    strptime(left(first_night, 8), '%Y%m%d')::DATE::VARCHAR AS open_since,
    date_diff('day', COALESCE(issued_on, posted_on), $as_of::DATE) AS age_days,
    list_contains($overdue_verdicts, verdict) AS is_overdue,
    -- one spelling of a tax id stands for all of them, the tax system's if it has one
    COALESCE(
        FIRST_VALUE(party_name) OVER (
            PARTITION BY COALESCE(party_tax_id, party_name)
            ORDER BY is_own_spelling, party_name NULLS LAST, item_id
        ),
        party_tax_id
    ) AS party,
    party_tax_id,
    explanation_zh, explanation_en, vouchers, difference_cny::VARCHAR AS difference_cny, differing_fields, why_not,
    decision, upstream_count, upstream_records, ledger_count, ledger_records, candidate_records
FROM known
ORDER BY stake_fen DESC, cause, item_id;
