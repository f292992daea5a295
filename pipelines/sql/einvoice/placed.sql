-- what: each e-invoice beside the one upstream record, the item and the ledger lines that it belongs to
-- grain: work_einvoice_placed one row per e-invoice, taxpayer and direction
-- inputs: work_einvoice, work_einvoice_side, work_einvoice_upstream, work_einvoice_ledger, core_upstream__invoice,
--         core_ledger__entry, recon__member, recon__item
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_einvoice_placed AS
WITH listed AS (
    SELECT k.einvoice_key, k.taxpayer_id, k.direction, k.record_id, m.item_id
    FROM work_einvoice_upstream k
    LEFT JOIN recon__member m ON m.side = 'upstream' AND m.record_id = k.record_id
    LEFT JOIN recon__item i ON i.item_id = m.item_id
    -- Of an invoice that upstream lists twice, the row that stays.
    QUALIFY row_number() OVER (
        PARTITION BY k.einvoice_key, k.taxpayer_id, k.direction ORDER BY i.verdict = 'duplicate', k.record_id
    ) = 1
),
cited AS (
    SELECT k.einvoice_key, k.taxpayer_id, k.direction, m.item_id, k.record_id
    FROM work_einvoice_ledger k
    LEFT JOIN recon__member m ON m.side = 'ledger' AND m.record_id = k.record_id
    LEFT JOIN recon__item i ON i.item_id = m.item_id
    QUALIFY row_number() OVER (
        PARTITION BY k.einvoice_key, k.taxpayer_id, k.direction ORDER BY i.verdict = 'duplicate', k.record_id
    ) = 1
),
placed AS (
    SELECT
        s.*, l.record_id AS upstream_record_id, c.record_id AS ledger_record_id,
        coalesce(l.item_id, c.item_id) AS item_id
    FROM work_einvoice_side s
    LEFT JOIN listed l ON l.einvoice_key = s.einvoice_key AND l.taxpayer_id = s.taxpayer_id AND l.direction = s.direction
    LEFT JOIN cited c ON c.einvoice_key = s.einvoice_key AND c.taxpayer_id = s.taxpayer_id AND c.direction = s.direction
),
voucher AS (
    SELECT
        m.item_id, count(*) AS n_entries, any_value(e.record_id) AS entry_id,
        string_agg(
            DISTINCT coalesce(e.voucher_no, CAST(e.posted_on AS VARCHAR)), '、'
            ORDER BY coalesce(e.voucher_no, CAST(e.posted_on AS VARCHAR))
        ) AS vouchers
    FROM recon__member m
    JOIN core_ledger__entry e ON e.record_id = m.record_id
    WHERE m.side = 'ledger' AND m.item_id IN (SELECT item_id FROM placed)
    GROUP BY m.item_id
)
SELECT
    p.*, i.verdict, v.vouchers, v.n_entries IS NOT NULL AS is_booked,
    CASE WHEN v.n_entries = 1 THEN v.entry_id END AS only_entry_id
FROM placed p
LEFT JOIN recon__item i ON i.item_id = p.item_id
LEFT JOIN voucher v ON v.item_id = p.item_id;
