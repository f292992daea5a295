-- What: what a supplier should confirm: our booking, their invoice and the difference, in the order of the letters.
-- Grain: one row per open purchase item of a known party whose cause is worth a question; what a person set aside is not.
-- Inputs: export_item; the macro plain_name (recon/macros).
-- Parameters: asked (causes), party (a part of the name, or the tax id; NULL for all), taxpayer (tax id; NULL for all).
-- A name without a tax id is taken for the party of that name if the name has just one tax id.
WITH known AS (
    SELECT party_plain, min(party_tax_id) AS tax_id
    FROM export_item
    WHERE party_tax_id IS NOT NULL AND party_plain IS NOT NULL
    GROUP BY party_plain
    HAVING count(DISTINCT party_tax_id) = 1
),
line AS (
    SELECT i.*, coalesce(i.party_tax_id, k.tax_id) AS found_tax_id
    FROM export_item AS i
    LEFT JOIN known AS k ON k.party_plain = i.party_plain
    WHERE i.direction = 'input' AND list_contains($asked, i.cause) AND i.action <> 'decided'
)
SELECT
    taxpayer_id,
    first_value(party_name IGNORE NULLS) OVER (
        PARTITION BY taxpayer_id, coalesce(found_tax_id, party_plain) ORDER BY invoice_numbers IS NULL, item_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS party_name,
    found_tax_id AS party_tax_id, cause, at_stake_cny, invoice_numbers, issued_on, upstream_total_cny, vouchers,
    posted_on, invoice_references, ledger_total_cny, difference_cny, item_id
FROM line
WHERE coalesce(found_tax_id, party_plain) IS NOT NULL
  AND ($party IS NULL OR found_tax_id = upper($party) OR contains(party_plain, plain_name($party)))
  AND ($taxpayer IS NULL OR taxpayer_id = $taxpayer)
ORDER BY taxpayer_id, coalesce(found_tax_id, party_plain), coalesce(issued_on, posted_on), item_id;
