-- what: says of invoices that are not booked which line of another account, or of a payment, cites them
-- grain: recon__item, explanation_zh and explanation_en of items that are not booked
-- inputs: recon__item, recon__member, core_upstream__invoice, raw_ignored, raw_file, work_ledger_source, work_own_name
-- parameters: $as_of, $only_taxpayer (NULL if there are several), $zh and $en: templates with file and row
-- A general ledger is read by its payables and receivables: an invoice that was paid at once, claimed by an employee or prepaid
-- stands in lines of other accounts only, and looks unbooked. Who books it as told would book it twice. For a line of another
-- company of ours it is no booking. Eight digits may be of several invoices: code, party or money must stand beside them.

-- First the few items: without one no line is looked at.
CREATE OR REPLACE TEMP TABLE work_untold AS
WITH item AS (
    SELECT i.item_id, m.record_id
    FROM recon__item i
    JOIN recon__member m ON m.item_id = i.item_id AND m.side = 'upstream'
    WHERE i.cause = 'not_booked'
)
SELECT
    i.item_id, u.taxpayer_id, u.invoice_code AS code, abs(u.total_cny) AS total_cny, u.issued_at,
    nullif(plain_text(CASE u.direction WHEN 'input' THEN u.seller_name ELSE u.buyer_name END), '') AS party,
    unnest(list_distinct([u.invoice_number, u.invoice_code || u.invoice_number])) AS key
FROM item i
JOIN core_upstream__invoice u USING (record_id);

CREATE OR REPLACE TEMP TABLE work_ignored_row AS
WITH known AS (
    SELECT file_id, source_id, file_name, observed_at
    FROM raw_file
    WHERE side = 'ledger' AND status = 'read' AND received_at <= $as_of
    QUALIFY observed_at = max(observed_at) OVER (PARTITION BY source_id, file_name)
),
named AS (
    SELECT
        f.source_id, f.file_name, f.observed_at, g.row_number, g.text,
        unnest(list_distinct(regexp_extract_all(translate(g.text, '０１２３４５６７８９', '0123456789'), '[0-9]{8,}'))) AS key
    FROM raw_ignored g
    JOIN known f USING (file_id, source_id)
    WHERE g.kind IN ('other_account', 'settlement') AND f.observed_at >= (SELECT min(issued_at) FROM work_untold)
)
SELECT
    u.*, n.* EXCLUDE (key), plain_text(n.text) AS plain,
    list_transform(
        regexp_extract_all(replace(n.text, ',', ''), '[0-9]+\.[0-9]+|[0-9]{4,}'), lambda t: try_cast(t AS DECIMAL(18,2))
    ) AS sums
FROM named n
JOIN work_untold u ON u.key = n.key AND u.issued_at <= n.observed_at;

CREATE OR REPLACE TEMP TABLE work_ignored_booking AS
SELECT r.item_id, format($zh, r.file_name, r.row_number) AS zh, format($en, r.file_name, r.row_number) AS en
FROM work_ignored_row r
JOIN work_ledger_source s USING (source_id)
LEFT JOIN work_own_name o ON o.taxpayer_id = r.taxpayer_id
WHERE coalesce(coalesce(s.taxpayer_id, $only_taxpayer) = r.taxpayer_id, contains(r.plain, nullif(plain_text(o.name), '')))
  AND (length(r.key) > 8 OR contains(r.text, r.code) OR contains(r.plain, r.party) OR list_contains(r.sums, r.total_cny))
QUALIFY row_number() OVER (PARTITION BY r.item_id ORDER BY r.observed_at DESC, r.file_name, r.row_number) = 1;

UPDATE recon__item i
SET explanation_zh = i.explanation_zh || b.zh, explanation_en = i.explanation_en || b.en
FROM work_ignored_booking b
WHERE b.item_id = i.item_id AND NOT contains(i.explanation_zh, b.zh);
