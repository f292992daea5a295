-- what: the published night as the join starts from it: records of the asked taxpayers, and the pairs that stay cleared
-- grain: explain_record one row per record of an asked item; core tables, recon__cleared, recon__open_record and
--        core_change as declared; work_coverage, work_ledger_seen as the join wants them
-- inputs: published.*, work_nightly_source
-- parameters: $item_ids
-- A pair that is exact by its number, once on each side, is not judged again, unless it is asked for, is red, or shares
-- its key with another record: whatever the join would clear at once is carried, everything else is due.

CREATE OR REPLACE TEMP TABLE explain_record AS
SELECT item_id, side, record_id FROM published.recon__member WHERE list_contains($item_ids, item_id);

CREATE OR REPLACE TEMP TABLE explain_scope AS
SELECT DISTINCT taxpayer_id, direction FROM published.recon__item WHERE list_contains($item_ids, item_id);

CREATE VIEW core_upstream__invoice AS
SELECT * FROM published.core_upstream__invoice SEMI JOIN explain_scope USING (taxpayer_id, direction);

CREATE VIEW core_ledger__entry AS
SELECT * FROM published.core_ledger__entry SEMI JOIN explain_scope USING (taxpayer_id, direction);

CREATE TABLE decisions AS SELECT * FROM published.decisions;

CREATE TABLE core_verification__answer AS SELECT * FROM published.core_verification__answer;

CREATE OR REPLACE TEMP TABLE work_coverage AS
SELECT * FROM published.core_upstream__coverage SEMI JOIN explain_scope USING (taxpayer_id, direction);

CREATE OR REPLACE TEMP TABLE work_ledger_seen AS
WITH delivered AS (
    SELECT source_id, newest_observed_at AS seen_at FROM published.night__source
    WHERE night_id IN (SELECT night_id FROM published.out__night) AND newest_observed_at IS NOT NULL
),
fed AS (
    SELECT DISTINCT taxpayer_id, direction, source_id FROM core_ledger__entry
    WHERE source_id IN (SELECT source_id FROM work_nightly_source)
    UNION
    SELECT s.taxpayer_id, s.direction, n.source_id
    FROM explain_scope AS s
    CROSS JOIN (FROM work_nightly_source WHERE source_id NOT IN (SELECT source_id FROM delivered)) AS n
    WHERE coalesce(n.taxpayer_id = s.taxpayer_id, TRUE) AND coalesce(n.direction = s.direction, TRUE)
)
SELECT f.taxpayer_id, f.direction, min(coalesce(d.seen_at, '-infinity'::TIMESTAMP)) AS seen_at
FROM fed AS f
LEFT JOIN delivered AS d ON d.source_id = f.source_id
GROUP BY f.taxpayer_id, f.direction;

CREATE OR REPLACE TEMP TABLE explain_pair_of_key AS
WITH exact AS (
    SELECT item_id FROM published.recon__item SEMI JOIN explain_scope USING (taxpayer_id, direction)
    WHERE verdict = 'matched' AND cause = 'exact' AND rule = 'exact_key' AND NOT list_contains($item_ids, item_id)
),
pair AS (
    SELECT
        item_id, max(CASE side WHEN 'upstream' THEN record_id END) AS upstream_id,
        max(CASE side WHEN 'ledger' THEN record_id END) AS ledger_id
    FROM published.recon__member SEMI JOIN exact USING (item_id)
    GROUP BY item_id
    HAVING count(*) = 2
)
SELECT
    p.upstream_id, p.ledger_id, shown_number(u.invoice_code, padded_number(u.invoice_number)) AS number,
    clearing_key(u.taxpayer_id, u.direction, padded_number(u.invoice_number), u.invoice_code) AS key_hash,
    tail_key(company_key(u.taxpayer_id, u.direction), padded_number(u.invoice_number)) AS tail_hash
FROM pair AS p
JOIN core_upstream__invoice AS u ON u.record_id = p.upstream_id
JOIN core_ledger__entry AS l ON l.record_id = p.ledger_id
WHERE NOT u.is_red AND u.status IN ('normal', 'red_partial')
  AND l.invoice_reference = padded_number(u.invoice_number)
  AND (length(u.invoice_number) = 20 OR l.invoice_code IS NOT DISTINCT FROM u.invoice_code);

CREATE TABLE recon__cleared AS
WITH other AS (
    SELECT clearing_key(taxpayer_id, direction, padded_number(invoice_number), invoice_code) AS key_hash
    FROM core_upstream__invoice WHERE record_id NOT IN (SELECT upstream_id FROM explain_pair_of_key)
    UNION
    SELECT clearing_key(taxpayer_id, direction, invoice_reference, invoice_code)
    FROM core_ledger__entry WHERE record_id NOT IN (SELECT ledger_id FROM explain_pair_of_key)
)
SELECT
    upstream_id, ledger_id, number, key_hash, hash(upstream_id) AS upstream_hash, hash(ledger_id) AS ledger_hash,
    tail_hash
FROM explain_pair_of_key ANTI JOIN other USING (key_hash);

CREATE TABLE recon__open_record AS
SELECT 'upstream' AS side, record_id FROM core_upstream__invoice
WHERE record_id NOT IN (SELECT upstream_id FROM recon__cleared)
UNION ALL
SELECT 'ledger', record_id FROM core_ledger__entry WHERE record_id NOT IN (SELECT ledger_id FROM recon__cleared);

CREATE TABLE core_change (side VARCHAR, record_id VARCHAR);
