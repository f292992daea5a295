-- what: what each e-invoice says beside what the tax system or, where that lacks it, the ledger says
-- grain: work_einvoice_compared one row per e-invoice, taxpayer and direction
-- inputs: work_einvoice, work_einvoice_placed, core_upstream__invoice, core_ledger__entry, core_upstream__coverage
-- parameters: none
-- What one side does not state is no difference.

CREATE OR REPLACE TEMP TABLE work_einvoice_compared AS
WITH beside AS (
    SELECT
        e.*, p.* EXCLUDE (einvoice_key), u.status,
        CASE p.direction WHEN 'output' THEN u.buyer_name WHEN 'input' THEN u.seller_name END AS upstream_party,
        md5(concat_ws('|', e.einvoice_key, coalesce(p.taxpayer_id, ''), coalesce(p.direction, ''))) AS witness_id,
        [
            CASE WHEN money_differs(e.total_cny, u.total_cny)
                 THEN beside_upstream('total_cny', money_text(e.total_cny), money_text(u.total_cny)) END,
            CASE WHEN money_differs(e.amount_cny, u.amount_cny)
                 THEN beside_upstream('amount_cny', money_text(e.amount_cny), money_text(u.amount_cny)) END,
            CASE WHEN money_differs(e.tax_cny, u.tax_cny)
                 THEN beside_upstream('tax_cny', money_text(e.tax_cny), money_text(u.tax_cny)) END,
            CASE WHEN e.issued_on <> CAST(u.issued_at AS DATE)
                 THEN beside_upstream('issued_at', e.issued_on::VARCHAR, CAST(u.issued_at AS DATE)::VARCHAR) END,
            CASE WHEN e.is_document AND NOT party_agrees(e.seller_tax_id, e.seller_name, u.seller_tax_id, u.seller_name)
                 THEN beside_upstream('seller', concat_ws(' ', e.seller_name, e.seller_tax_id),
                                      concat_ws(' ', u.seller_name, u.seller_tax_id)) END,
            CASE WHEN e.is_document AND NOT party_agrees(e.buyer_tax_id, e.buyer_name, u.buyer_tax_id, u.buyer_name)
                 THEN beside_upstream('buyer', concat_ws(' ', e.buyer_name, e.buyer_tax_id),
                                      concat_ws(' ', u.buyer_name, u.buyer_tax_id)) END
        ] AS upstream_differences,
        [
            CASE WHEN money_differs(e.total_cny, l.total_cny)
                 THEN beside_ledger('total_cny', money_text(e.total_cny), money_text(l.total_cny)) END,
            CASE WHEN money_differs(e.amount_cny, l.amount_cny)
                 THEN beside_ledger('amount_cny', money_text(e.amount_cny), money_text(l.amount_cny)) END
        ] AS ledger_differences
    FROM work_einvoice_placed p
    JOIN work_einvoice e USING (einvoice_key)
    LEFT JOIN core_upstream__invoice u ON u.record_id = p.upstream_record_id
    LEFT JOIN core_ledger__entry l ON l.record_id = p.only_entry_id AND p.upstream_record_id IS NULL
),
covered AS (
    SELECT b.witness_id, bool_and(coalesce(c.is_complete, FALSE)) AS is_covered
    FROM beside b
    LEFT JOIN core_upstream__coverage c ON c.issue_date = b.issued_on
     AND c.taxpayer_id = coalesce(b.taxpayer_id, c.taxpayer_id) AND c.direction = coalesce(b.direction, c.direction)
    GROUP BY b.witness_id
)
SELECT
    b.* REPLACE (
        only_known(upstream_differences) AS upstream_differences,
        only_known(ledger_differences) AS ledger_differences
    ),
    c.is_covered,
    -- Both parties are told, and neither is ours.
    NOT is_told AND EXISTS (FROM witness_taxpayer)
        AND coalesce(seller_tax_id, seller_name) IS NOT NULL AND coalesce(buyer_tax_id, buyer_name) IS NOT NULL AS is_foreign
FROM beside b
JOIN covered c USING (witness_id);
