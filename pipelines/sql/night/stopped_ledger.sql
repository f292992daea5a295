-- what: says of invoices that are not booked, also of dead ones, which ledger files that may hold the booking could not be used
-- grain: recon__item, explanation_zh and explanation_en of items without a ledger line
-- inputs: recon__item, recon__member, core_upstream__invoice, raw_file, raw_delivery, work_ledger_source
-- parameters: $as_of, $zh and $en: templates with the files
-- What a stopped file holds nobody knows, but nothing of an invoice that was issued after it was made. It counts while it lies in
-- its folder: then it is read anew every night. Whose it is the settings of its source say, or it may be anybody's.

CREATE OR REPLACE TEMP TABLE work_stopped_file AS
SELECT s.taxpayer_id, s.direction, f.file_name, f.observed_at
FROM raw_file f
JOIN work_ledger_source s USING (source_id)
WHERE f.status = 'stopped' AND f.received_at >= $as_of
  AND (f.file_id, f.source_id) IN (SELECT (file_id, source_id) FROM raw_delivery WHERE received_at <= $as_of);

-- First the few items: joined at once, all invoices would be read on nights without such a file, too.
CREATE OR REPLACE TEMP TABLE work_unbooked AS
SELECT i.item_id, s.file_name, s.observed_at
FROM recon__item i
JOIN work_stopped_file s
    ON coalesce(s.taxpayer_id = i.taxpayer_id, TRUE) AND coalesce(s.direction = i.direction, TRUE)
WHERE i.cause = 'not_booked' OR (i.cause IN ('exact', 'red_letter_netted') AND i.ledger_total_cny IS NULL);

CREATE OR REPLACE TEMP TABLE work_unbooked_member AS
SELECT b.*, m.side, m.record_id FROM work_unbooked b JOIN recon__member m ON m.item_id = b.item_id;

CREATE OR REPLACE TEMP TABLE work_stopped_booking AS
WITH held AS (
    SELECT b.item_id, list(DISTINCT b.file_name ORDER BY b.file_name) AS files
    FROM work_unbooked_member b
    JOIN core_upstream__invoice u ON u.record_id = b.record_id AND u.issued_at <= b.observed_at
    WHERE b.side = 'upstream' AND b.item_id NOT IN (SELECT item_id FROM work_unbooked_member WHERE side = 'ledger')
    GROUP BY b.item_id
)
SELECT
    item_id,
    array_to_string(list_slice(files, 1, 3), '、') || CASE WHEN len(files) > 3 THEN ' … (' || len(files) || ')' ELSE '' END
        AS files
FROM held;

UPDATE recon__item i
SET explanation_zh = i.explanation_zh || format($zh, b.files), explanation_en = i.explanation_en || format($en, b.files)
FROM work_stopped_booking b
WHERE b.item_id = i.item_id AND NOT contains(i.explanation_zh, format($zh, b.files));
