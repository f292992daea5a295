-- report_candidate: the records of the other side that were considered for a finding and not linked; of a second booking the
-- invoice that is booked already.
-- Grain: report_candidate, one row per finding that has such records.
-- Inputs: report_finding, report_booked_before, recon__item, core_upstream__invoice, core_ledger__entry. Parameters: member_limit.
-- A record is [number or voucher, date, party, total].
CREATE OR REPLACE TEMP TABLE report_candidate AS
WITH considered AS (
    SELECT item_id, UNNEST(list_slice(candidates, 1, $member_limit)) AS record_id
    FROM recon__item
    SEMI JOIN report_finding USING (item_id)
    WHERE len(candidates) > 0
    UNION
    SELECT item_id, record_id FROM report_booked_before
    QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY record_id) <= $member_limit
),
found AS (
    SELECT
        item_id, record_id,
        [
            concat_ws('-', invoice_code, invoice_number), issued_at::DATE::VARCHAR,
            IF(direction = 'input', seller_name, buyer_name), total_cny::VARCHAR
        ] AS record
    FROM considered
    JOIN core_upstream__invoice USING (record_id)
    UNION ALL
    SELECT
        item_id, record_id,
        [
            concat_ws(' ', voucher_no, invoice_reference), posted_on::VARCHAR, counterparty_name,
            COALESCE(total_cny, amount_cny + tax_cny, amount_cny)::VARCHAR
        ]
    FROM considered
    JOIN core_ledger__entry USING (record_id)
)
SELECT item_id, LIST(record ORDER BY record_id) AS records
FROM found
GROUP BY item_id;
