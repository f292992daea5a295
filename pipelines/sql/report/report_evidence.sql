-- report_evidence: the records behind each finding, as texts that the page shows, and the other party of each finding.
-- Grain: report_upstream and report_ledger one row per finding with members on that side.
-- Inputs: report_finding, recon__member, core_upstream__invoice, core_ledger__entry. Parameters: member_limit.
-- A record is a list of texts in the order of `UPSTREAM_RECORD` and `LEDGER_RECORD` (pipelines/reports/cards.py).
CREATE OR REPLACE TEMP TABLE report_upstream AS
WITH shown AS (
    SELECT
        member.item_id, invoice.*,
        IF(invoice.direction = 'input', seller_name, buyer_name) AS party_name,
        IF(invoice.direction = 'input', seller_tax_id, buyer_tax_id) AS party_tax_id,
        CASE
            WHEN is_red THEN 'red'
            WHEN status <> 'normal' THEN status
        END AS state
    FROM recon__member AS member
    SEMI JOIN report_finding USING (item_id)
    JOIN core_upstream__invoice AS invoice USING (record_id)
    WHERE member.side = 'upstream'
)
SELECT
    item_id,
    COUNT(*) AS record_count,
    ARG_MIN(party_name, (issued_at, record_id)) AS party_name,
    ARG_MIN(party_tax_id, (issued_at, record_id)) AS party_tax_id,
    list_slice(
        LIST(
            [
                concat_ws('-', invoice_code, invoice_number), issued_at::DATE::VARCHAR, party_name, party_tax_id,
                amount_cny::VARCHAR, tax_cny::VARCHAR, total_cny::VARCHAR, state, source_file || ' #' || source_row
            ]
            ORDER BY issued_at, record_id
        ),
        1,
        $member_limit
    ) AS records
FROM shown
GROUP BY item_id;

CREATE OR REPLACE TEMP TABLE report_ledger AS
SELECT
    member.item_id,
    COUNT(*) AS record_count,
    ARG_MIN(counterparty_name, (posted_on, record_id)) AS party_name,
    ARG_MIN(counterparty_tax_id, (posted_on, record_id)) AS party_tax_id,
    list_slice(
        LIST(
            [
                invoice_reference, posted_on::VARCHAR, counterparty_name, counterparty_tax_id,
                entry.amount_cny::VARCHAR, tax_cny::VARCHAR, total_cny::VARCHAR, voucher_no,
                source_file || ' #' || source_row, invoice_date::VARCHAR
            ]
            ORDER BY posted_on, record_id
        ),
        1,
        $member_limit
    ) AS records
FROM recon__member AS member
SEMI JOIN report_finding USING (item_id)
JOIN core_ledger__entry AS entry USING (record_id)
WHERE member.side = 'ledger'
GROUP BY member.item_id;
