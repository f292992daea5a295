-- What: the rows of the workbook, sheet by sheet, the largest sum first.
-- Grain: one row per item that is asked for; `action_count` and `action_stake_cny` are over the whole sheet, cut or not.
-- Inputs: export_item; the macro plain_name (recon/macros).
-- Parameters: party (a part of the name, or the tax id; NULL for all), taxpayer (tax id; NULL for all), sheet_rows.
SELECT
    action, is_new, verdict, cause, at_stake_cny, explanation_zh, explanation_en, invoice_numbers, invoice_references,
    vouchers, party_name, party_tax_id, issued_on, posted_on, due_on, upstream_total_cny, ledger_total_cny,
    difference_cny, decision, taxpayer_id, direction, basis, first_night, upstream_places, ledger_places, item_id,
    count(*) OVER action_sheet AS action_count,
    (sum(at_stake_cny) OVER action_sheet)::DECIMAL(38, 2) AS action_stake_cny
FROM export_item
WHERE ($party IS NULL OR party_tax_id = upper($party) OR contains(party_plain, plain_name($party)))
  AND ($taxpayer IS NULL OR taxpayer_id = $taxpayer)
WINDOW action_sheet AS (PARTITION BY action)
QUALIFY row_number() OVER (PARTITION BY action ORDER BY at_stake_cny DESC, cause, item_id) <= $sheet_rows
ORDER BY at_stake_cny DESC, cause, item_id;
