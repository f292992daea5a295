-- What: every finding and every waiting item with the action it asks for, its other party, and what a person decided.
-- Grain: export_item, one row per item of report_finding.
-- Inputs: report_finding, report_booked_before, recon__item, recon__member, core_upstream__invoice, core_ledger__entry, recon__decision,
--         decisions; the macro plain_name (recon/macros).
-- Parameters: causes and actions, two lists of one length; action NULL for a cause that asks for nothing.
-- A second booking is told with the invoice that it repeats. The other party is the one on the invoice; on the ledger line where
-- there is no invoice.
CREATE OR REPLACE TEMP TABLE export_item AS
WITH named AS (
    SELECT
        f.item_id, 1 AS place, u.record_id,
        IF(u.direction = 'input', u.seller_tax_id, u.buyer_tax_id) AS tax_id,
        IF(u.direction = 'input', u.seller_name, u.buyer_name) AS name
    FROM report_finding AS f
    JOIN recon__member AS m ON m.item_id = f.item_id AND m.side = 'upstream'
    JOIN core_upstream__invoice AS u ON u.record_id = m.record_id
    UNION ALL
    SELECT f.item_id, 2, l.record_id, l.counterparty_tax_id, l.counterparty_name
    FROM report_finding AS f
    JOIN recon__member AS m ON m.item_id = f.item_id AND m.side = 'ledger'
    JOIN core_ledger__entry AS l ON l.record_id = m.record_id
    UNION ALL
    -- A second booking that names nobody is of the party of the invoice that is booked already.
    SELECT
        f.item_id, 3, u.record_id,
        IF(u.direction = 'input', u.seller_tax_id, u.buyer_tax_id), IF(u.direction = 'input', u.seller_name, u.buyer_name)
    FROM report_booked_before AS f
    JOIN core_upstream__invoice AS u ON u.record_id = f.record_id
),
party AS (
    -- Name and tax id of one record, the first that has either.
    SELECT item_id, first.tax_id, first.name
    FROM (
        SELECT item_id, arg_min({'tax_id': tax_id, 'name': name}, (place, record_id)) AS first
        FROM named
        WHERE COALESCE(tax_id, name) IS NOT NULL
        GROUP BY item_id
    )
),
booked_before AS (
    SELECT f.item_id, report_joined(list_sort(list(DISTINCT report_number(u.invoice_code, u.invoice_number)))) AS invoice_numbers
    FROM report_booked_before AS f
    JOIN core_upstream__invoice AS u ON u.record_id = f.record_id
    GROUP BY f.item_id
),
decided AS (
    SELECT s.item_id, arg_max(d.decided_by || ' ' || d.decided_at::DATE || ': ' || d.reason, d.decided_at) AS decision
    FROM recon__decision AS s
    JOIN decisions AS d ON d.decision_id = s.decision_id
    WHERE s.is_honoured AND s.kind IN ('accept_difference', 'ignore_until', 'leave_alone')
    GROUP BY s.item_id
)
SELECT
    f.* REPLACE (COALESCE(f.invoice_numbers, b.invoice_numbers) AS invoice_numbers), i.due_on, p.tax_id AS party_tax_id, p.name AS party_name, plain_name(p.name) AS party_plain, d.decision,
    CASE
        WHEN d.item_id IS NOT NULL THEN 'decided'
        WHEN f.verdict = 'pending' AND f.needs_review THEN 'verify'
        ELSE list_extract($actions, list_position($causes, f.cause))
    END AS action
FROM report_finding AS f
JOIN recon__item AS i ON i.item_id = f.item_id
LEFT JOIN party AS p ON p.item_id = f.item_id
LEFT JOIN booked_before AS b ON b.item_id = f.item_id
LEFT JOIN decided AS d ON d.item_id = f.item_id;
