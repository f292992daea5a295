-- report_finding: the open findings with the money at stake and the evidence of their members.
-- Grain: one row per item whose verdict asks something of a person; what somebody has set aside only where that is wanted.
-- Inputs: recon__item, recon__decision, recon__member, core_upstream__invoice, core_ledger__entry, night__finding.
-- Parameters: night_id, finding_verdicts, with_set_aside.
-- At stake: the difference where only an amount differs, else the whole document (the larger side). A ledger line that
-- keeps no total counts with amount plus tax, or with what it has.
CREATE OR REPLACE TEMP MACRO report_joined(parts) AS
    array_to_string(list_slice(parts, 1, 5), '、') || CASE WHEN len(parts) > 5 THEN ' … (' || len(parts) || ')' ELSE '' END;

-- Eight digits are no key without their code.
CREATE OR REPLACE TEMP MACRO report_number(code, number) AS
    CASE WHEN length(number) = 8 AND code IS NOT NULL THEN code || '-' || number ELSE number END;

CREATE OR REPLACE TEMP TABLE report_finding AS
WITH first_seen AS (
    -- MAX, so that an item that came, went and came again is one row, new since it came back
    SELECT item_id, cause, MAX(first_night) AS first_night
    FROM night__finding
    WHERE first_night <= $night_id AND (gone_night IS NULL OR gone_night > $night_id)
    GROUP BY item_id, cause
),
open_item AS (
    SELECT recon__item.*, first_seen.first_night
    FROM recon__item
    LEFT JOIN first_seen USING (item_id, cause)
    WHERE list_contains($finding_verdicts, verdict)
      -- One decision may leave several items alone; each says so itself.
      AND ($with_set_aside OR (why_not IS DISTINCT FROM 'left_alone' AND item_id NOT IN (
          SELECT item_id FROM recon__decision
          WHERE is_honoured AND item_id IS NOT NULL AND kind IN ('accept_difference', 'ignore_until', 'leave_alone')
      )))
),
upstream AS (
    SELECT
        item_id,
        LIST(DISTINCT report_number(invoice_code, invoice_number) ORDER BY report_number(invoice_code, invoice_number))
            AS invoice_numbers,
        LIST(DISTINCT IF(invoice.direction = 'input', seller_name, buyer_name)) AS parties,
        MIN(issued_at)::DATE AS issued_on,
        SUM(total_cny) AS total_cny,
        SUM(amount_cny) AS amount_cny,
        SUM(tax_cny) AS tax_cny,
        LIST(DISTINCT source_file || ' #' || source_row ORDER BY source_file || ' #' || source_row) AS places
    FROM open_item
    JOIN recon__member AS member USING (item_id)
    JOIN core_upstream__invoice AS invoice USING (record_id)
    WHERE member.side = 'upstream'
    GROUP BY item_id
),
ledger AS (
    SELECT
        item_id,
        LIST(DISTINCT invoice_reference ORDER BY invoice_reference) AS invoice_references,
        LIST(DISTINCT voucher_no ORDER BY voucher_no) AS vouchers,
        LIST(DISTINCT counterparty_name) AS parties,
        MIN(posted_on) AS posted_on,
        SUM(COALESCE(total_cny, entry.amount_cny + tax_cny, entry.amount_cny)) AS total_cny,
        SUM(amount_cny) AS amount_cny,
        SUM(tax_cny) AS tax_cny,
        LIST(DISTINCT source_file || ' #' || source_row ORDER BY source_file || ' #' || source_row) AS places
    FROM open_item
    JOIN recon__member AS member USING (item_id)
    JOIN core_ledger__entry AS entry USING (record_id)
    WHERE member.side = 'ledger'
    GROUP BY item_id
),
weighed AS (
    SELECT
        open_item.*,
        -- GREATEST skips NULL, so a one-sided item weighs what its only side weighs
        COALESCE(
            GREATEST(
                ABS(COALESCE(upstream_total_cny, upstream.total_cny)), ABS(COALESCE(ledger_total_cny, ledger.total_cny))
            ),
            0
        ) AS whole_cny,
        CASE cause
            WHEN 'amount_differs' THEN COALESCE(
                NULLIF(ABS(difference_cny), 0), NULLIF(ABS(ledger.amount_cny - upstream.amount_cny), 0)
            )
            WHEN 'tax_differs' THEN NULLIF(ABS(ledger.tax_cny - upstream.tax_cny), 0)
        END AS part_cny
    FROM open_item
    LEFT JOIN upstream USING (item_id)
    LEFT JOIN ledger USING (item_id)
)
SELECT
    weighed.item_id,
    taxpayer_id,
    direction,
    verdict,
    cause,
    basis,
    needs_review,
    COALESCE(part_cny, whole_cny)::DECIMAL(18, 2) AS at_stake_cny,
    upstream_total_cny,
    ledger_total_cny,
    difference_cny,
    differing_fields,
    why_not,
    report_joined(upstream.invoice_numbers) AS invoice_numbers,
    report_joined(ledger.invoice_references) AS invoice_references,
    report_joined(ledger.vouchers) AS vouchers,
    report_joined(
        list_sort(list_distinct(list_concat(COALESCE(upstream.parties, []), COALESCE(ledger.parties, []))))
    ) AS parties,
    upstream.issued_on,
    ledger.posted_on,
    report_joined(upstream.places) AS upstream_places,
    report_joined(ledger.places) AS ledger_places,
    explanation_zh,
    explanation_en,
    first_night,
    COALESCE(first_night = $night_id, FALSE) AS is_new
FROM weighed
LEFT JOIN upstream USING (item_id)
LEFT JOIN ledger USING (item_id);

-- The invoice that a second booking repeats is no member of its item: it is read off the sentence, which names it by its whole key.
CREATE OR REPLACE TEMP TABLE report_booked_before AS
WITH said AS (
    SELECT
        item_id, taxpayer_id, direction,
        UNNEST(string_split(regexp_extract(explanation_zh, '发票(?:（| )([0-9][0-9、-]*)', 1), '、')) AS number
    FROM report_finding
    WHERE cause = 'booked_twice'
)
SELECT DISTINCT said.item_id, invoice.record_id
FROM said
JOIN core_upstream__invoice AS invoice
    ON invoice.taxpayer_id = said.taxpayer_id AND invoice.direction = said.direction
    AND invoice.invoice_number = split_part(said.number, '-', -1)
WHERE length(invoice.invoice_number) = 20
   OR invoice.invoice_code IS NOT DISTINCT FROM CASE WHEN contains(said.number, '-') THEN split_part(said.number, '-', 1) END;
