-- what: says of invoices that are not booked which line of a ledger file cites them and was not used
-- grain: recon__item, explanation_zh and explanation_en of items that are not booked (yet)
-- inputs: recon__item, recon__member, core_upstream__invoice, raw_reject, raw_file, raw_ledger__row
-- parameters: $as_of, $zh and $en: templates with file, row, what was found and what was expected
-- A rejected line is in no core table, so the invoice looks unbooked: who books it as told would book it twice. Such items
-- are judged again every night, and are told so as long as the line is rejected. An old invoice is meant by code and number.

CREATE OR REPLACE TEMP TABLE work_rejected_row AS
WITH known AS (
    SELECT file_id, source_id, file_name, observed_at
    FROM raw_file
    WHERE side = 'ledger' AND status = 'read' AND received_at <= $as_of
    QUALIFY observed_at = max(observed_at) OVER (PARTITION BY source_id, file_name)
),
citing AS (
    SELECT
        f.file_name, f.observed_at, r.row_number, r.expected,
        CASE WHEN r.reason <> 'taxpayer_unknown' THEN r.found END AS found,
        regexp_replace(translate(w.invoice_code, '０１２３４５６７８９', '0123456789'), '[^0-9]', '', 'g') AS code,
        translate(w.invoice_reference, '０１２３４５６７８９', '0123456789') AS reference,
        translate(w.summary, '０１２３４５６７８９', '0123456789') AS summary
    FROM raw_reject r
    JOIN known f USING (file_id, source_id)
    JOIN raw_ledger__row w USING (file_id, source_id, sheet, row_number)
),
named AS (
    SELECT
        * EXCLUDE (reference, summary),
        unnest(list_distinct(list_append(
            regexp_extract_all(concat_ws(' ', reference, summary), '[0-9]+'),
            regexp_replace(reference, '[^0-9]', '', 'g')
        ))) AS number
    FROM citing
),
keyed AS (SELECT *, unnest(list_distinct([number, code || number])) AS key FROM named)
SELECT
    key, arg_max(file_name, (observed_at, row_number)) AS file_name,
    arg_max(row_number, (observed_at, row_number)) AS row_number,
    arg_max(coalesce(found, '—'), (observed_at, row_number)) AS found,
    arg_max(expected, (observed_at, row_number)) AS expected
FROM keyed
WHERE length(key) BETWEEN 18 AND 20
GROUP BY key;

CREATE OR REPLACE TEMP TABLE work_rejected_booking AS
SELECT
    i.item_id,
    format($zh, r.file_name, r.row_number, r.found, split_part(r.expected, ' | ', 1)) AS zh,
    format($en, r.file_name, r.row_number, r.found, coalesce(nullif(split_part(r.expected, ' | ', 2), ''), r.expected)) AS en
FROM recon__item i
JOIN recon__member m ON m.item_id = i.item_id AND m.side = 'upstream'
JOIN core_upstream__invoice u ON u.record_id = m.record_id
JOIN work_rejected_row r
    ON r.key = CASE WHEN length(u.invoice_number) = 20 THEN u.invoice_number ELSE u.invoice_code || u.invoice_number END
WHERE i.cause IN ('not_booked', 'booking_lag')
QUALIFY row_number() OVER (PARTITION BY i.item_id ORDER BY r.key) = 1;

UPDATE recon__item i
SET explanation_zh = i.explanation_zh || b.zh, explanation_en = i.explanation_en || b.en
FROM work_rejected_booking b
WHERE b.item_id = i.item_id AND NOT suffix(i.explanation_zh, b.zh);
