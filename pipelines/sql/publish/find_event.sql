-- What: what happened to the records of an item that their latest state no longer tells: when a record with several states
--       was first seen, what of it changed at which moment and in which file, and from which to which night it was a finding.
--       A record with one state only has no row here: the core table shows when and where it was seen.
-- Grain: one row per item, moment, record and changed field; one per item, cause and stretch of nights for its beginning and
--        one for its end.
-- Inputs: core_upstream__sighting, core_ledger__sighting, reader.night__finding, reader.recon__item, reader.recon__member.
-- Parameters: $as_of (states that came later were not known then), $night_id (its name).
-- A finding stays with its records: one that a ledger line was under alone is told with the invoice it was linked to later.
CREATE OR REPLACE TABLE reader.out_find_event AS
WITH several_upstream AS MATERIALIZED (
    SELECT hash(record_id) AS record_hash
    FROM core_upstream__sighting
    WHERE received_at <= $as_of
    GROUP BY ALL
    HAVING count(*) > 1
),
upstream_state AS MATERIALIZED (
    SELECT *
    FROM core_upstream__sighting
    WHERE received_at <= $as_of AND hash(record_id) IN (SELECT record_hash FROM several_upstream)
),
upstream_text AS (
    SELECT
        record_id, observed_at, source_file, source_row, status, total_cny::VARCHAR AS total_cny,
        amount_cny::VARCHAR AS amount_cny, tax_cny::VARCHAR AS tax_cny, issued_at::VARCHAR AS issued_at,
        invoice_code, invoice_number, seller_name, seller_tax_id, buyer_name, buyer_tax_id, original_invoice_number
    FROM upstream_state
),
upstream_value AS (
    SELECT *
    FROM upstream_text UNPIVOT INCLUDE NULLS (
        value_after FOR field IN (COLUMNS(* EXCLUDE (record_id, observed_at, source_file, source_row)))
    )
),
upstream_step AS (
    SELECT
        'upstream' AS side, *,
        -- A leaner file leaves out what a fuller one said: only another value is a change.
        lag(value_after IGNORE NULLS) OVER (PARTITION BY record_id, field ORDER BY observed_at) AS value_before,
        row_number() OVER (PARTITION BY record_id, field ORDER BY observed_at) = 1 AS is_first
    FROM upstream_value
    QUALIFY is_first OR value_after <> value_before
),
several_ledger AS MATERIALIZED (
    SELECT hash(record_id) AS record_hash
    FROM core_ledger__sighting
    WHERE received_at <= $as_of
    GROUP BY ALL
    HAVING count(*) > 1
),
ledger_state AS MATERIALIZED (
    SELECT *
    FROM core_ledger__sighting
    WHERE received_at <= $as_of AND hash(record_id) IN (SELECT record_hash FROM several_ledger)
),
ledger_text AS (
    SELECT
        record_id, observed_at, received_at, source_file, source_row, posted_on::VARCHAR AS posted_on, voucher_no,
        invoice_reference, invoice_code, invoice_date::VARCHAR AS invoice_date, counterparty_name, counterparty_tax_id,
        total_cny::VARCHAR AS total_cny, amount_cny::VARCHAR AS amount_cny, tax_cny::VARCHAR AS tax_cny, summary
    FROM ledger_state
),
ledger_value AS (
    SELECT *
    FROM ledger_text UNPIVOT INCLUDE NULLS (
        value_after FOR field IN (COLUMNS(* EXCLUDE (record_id, observed_at, received_at, source_file, source_row)))
    )
),
ledger_step AS (
    SELECT
        'ledger' AS side, * EXCLUDE (received_at),
        -- An export replaces the line as it was: a cleared value is a change too.
        lag(value_after) OVER (PARTITION BY record_id, field ORDER BY observed_at, received_at) AS value_before,
        row_number() OVER (PARTITION BY record_id, field ORDER BY observed_at, received_at) = 1 AS is_first
    FROM ledger_value
    QUALIFY is_first OR value_after IS DISTINCT FROM value_before
),
step AS MATERIALIZED (
    SELECT * FROM upstream_step WHERE NOT is_first OR field = 'status'
    UNION ALL BY NAME
    SELECT * FROM ledger_step WHERE NOT is_first OR field = 'posted_on'
),
finding AS MATERIALIZED (
    SELECT
        item_id, cause, first_night, CASE WHEN gone_night <= $night_id THEN gone_night END AS gone_night,
        CASE left(item_id, 2) WHEN 'U:' THEN 'upstream' WHEN 'L:' THEN 'ledger' END AS side, item_id[3:] AS record_id
    FROM reader.night__finding
    WHERE first_night <= $night_id
),
placed_finding AS (
    SELECT item_id, cause, first_night, gone_night FROM finding
    UNION
    SELECT m.item_id, f.cause, f.first_night, f.gone_night
    FROM finding AS f
    JOIN reader.recon__member AS m ON m.record_id = f.record_id AND m.side = f.side
),
event AS (
    SELECT
        m.item_id, s.observed_at AS happened_at, s.side, s.record_id,
        CASE WHEN NOT s.is_first THEN 'changed' WHEN s.side = 'upstream' THEN 'seen' ELSE 'booked' END AS event,
        s.field, s.value_before, s.value_after, s.source_file, s.source_row
    FROM step AS s
    JOIN reader.recon__member AS m ON m.record_id = s.record_id AND m.side = s.side
    UNION ALL BY NAME
    SELECT item_id, strptime(first_night, '%Y%m%dT%H%M%S') AS happened_at, 'found' AS event, cause AS value_after
    FROM placed_finding
    UNION ALL BY NAME
    SELECT item_id, strptime(gone_night, '%Y%m%dT%H%M%S') AS happened_at, 'gone' AS event, cause AS value_before
    FROM placed_finding
    WHERE gone_night IS NOT NULL
)
SELECT
    i.rowid AS item_row, e.happened_at, e.event, e.side, e.record_id, e.field, e.value_before, e.value_after, e.source_file,
    e.source_row
FROM event AS e
JOIN reader.recon__item AS i ON i.item_id = e.item_id
ORDER BY item_row, happened_at, event, side, record_id, field;
