-- alert_example: the biggest new findings of each group, with every name and id that their sentences may mention: those
-- of the members, of the candidates that an unlinked item lists, and of the invoices whose numbers the sentence itself names
-- (that of a second booking is a member of another item).
-- Grain: one row per example. Inputs: alert_new_finding, recon__item, recon__member, core_upstream__invoice,
-- core_ledger__entry.
-- Parameters: example_count.
WITH example AS (
    SELECT *
    FROM alert_new_finding
    QUALIFY ROW_NUMBER() OVER (PARTITION BY cause, taxpayer_id ORDER BY at_stake_cny DESC, item_id) <= $example_count
),
mentioned AS (
    SELECT item_id, record_id FROM example JOIN recon__member USING (item_id)
    UNION
    SELECT item_id, UNNEST(candidates) AS record_id FROM example JOIN recon__item USING (item_id)
    UNION
    SELECT said.item_id, invoice.record_id
    FROM (
        SELECT item_id, taxpayer_id, UNNEST(regexp_extract_all(explanation_zh, '[0-9]{8,20}')) AS invoice_number
        FROM example
    ) AS said
    JOIN core_upstream__invoice AS invoice USING (taxpayer_id, invoice_number)
),
word AS (
    SELECT
        item_id,
        [seller_name, buyer_name] AS names,
        [seller_tax_id, buyer_tax_id, invoice_number, invoice_code, original_invoice_number] AS ids
    FROM mentioned
    JOIN core_upstream__invoice USING (record_id)
    UNION ALL
    SELECT item_id, [counterparty_name] AS names, [counterparty_tax_id, invoice_reference, invoice_code] AS ids
    FROM mentioned
    JOIN core_ledger__entry USING (record_id)
),
said AS (
    SELECT item_id, FLATTEN(LIST(names)) AS names, FLATTEN(LIST(ids)) AS ids FROM word GROUP BY item_id
)
SELECT
    cause,
    taxpayer_id,
    item_id,
    at_stake_cny,
    explanation_zh,
    explanation_en,
    list_filter(list_distinct(COALESCE(names, [])), part -> part IS NOT NULL) AS names,
    list_filter(list_distinct(COALESCE(ids, [])), part -> part IS NOT NULL) AS ids
FROM example
LEFT JOIN said USING (item_id)
ORDER BY cause, taxpayer_id, at_stake_cny DESC, item_id;
