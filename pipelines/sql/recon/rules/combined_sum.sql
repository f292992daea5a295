-- rule: the ledger has no usable number, and exactly one set of the party's open invoices adds up to the line
-- writes: work_repair, work_refused, work_sum_skipped
-- inputs: work_unsure, work_reference, work_similar, work_open_upstream, work_taken, work_repair, work_red_pair, work_forbidden
-- parameters: $window_days, $max_party, $max_set, $max_sums
-- Guards: the party is known to agree; no single invoice fits; one set of two or more, and none of its invoices is wanted
-- by another line. Bounded: lines with more than $max_set invoices in their window are skipped, parties of more than $max_party at once, and so is what goes beyond $max_sums
-- sums in all; both are reported. A set is found by adding up each half of the invoices and joining the halves.

CREATE OR REPLACE TEMP TABLE work_payer AS
SELECT
    s.record_id AS ledger_id, s.taxpayer_id, s.direction, s.posted_on, s.invoice_date, s.money_kind, s.money,
    s.party_hash, s.name_hash
FROM work_unsure s
WHERE s.float_prefix IS NULL AND s.named_id IS NULL AND s.money > 0
  AND s.record_id NOT IN (SELECT ledger_id FROM work_reference)
  AND s.record_id NOT IN (SELECT ledger_id FROM work_repair)
  AND s.record_id NOT IN (SELECT ledger_id FROM work_similar);

CREATE OR REPLACE TEMP TABLE work_free AS
WITH open_invoice AS (
    SELECT
        record_id, taxpayer_id, direction, issued_on, total_cny, amount_cny, party_hash, name_hash
    FROM work_open_upstream
    WHERE status = 'normal' AND NOT is_red AND total_cny > 0
      AND record_id NOT IN (SELECT upstream_id FROM work_taken)
      AND record_id NOT IN (SELECT upstream_id FROM work_repair)
      AND record_id NOT IN (SELECT blue_id FROM work_red_pair WHERE is_full)
)
SELECT
    *,
    count(*) OVER (PARTITION BY taxpayer_id, direction, coalesce(party_hash, name_hash)) > $max_party AS is_crowded,
    -- Many parties may have one name.
    count(*) OVER (PARTITION BY taxpayer_id, direction, name_hash) > $max_party AS is_crowded_name
FROM open_invoice;

CREATE OR REPLACE TEMP TABLE work_addend AS
WITH free AS (SELECT * FROM work_free WHERE NOT is_crowded),
partner AS (
    SELECT p.ledger_id, f.record_id
    FROM work_payer p
    JOIN free f ON f.taxpayer_id = p.taxpayer_id AND f.direction = p.direction AND f.party_hash = p.party_hash
    UNION
    SELECT p.ledger_id, f.record_id
    FROM work_payer p
    JOIN free f ON f.taxpayer_id = p.taxpayer_id AND f.direction = p.direction AND f.name_hash = p.name_hash
    WHERE (p.party_hash IS NULL OR f.party_hash IS NULL) AND NOT f.is_crowded_name
)
SELECT
    p.ledger_id, f.record_id AS upstream_id, p.money,
    CASE p.money_kind WHEN 'total' THEN f.total_cny ELSE f.amount_cny END AS part,
    row_number() OVER (PARTITION BY p.ledger_id ORDER BY f.record_id) AS place,
    count(*) OVER (PARTITION BY p.ledger_id) AS n_invoices
FROM partner n
JOIN work_payer p ON p.ledger_id = n.ledger_id
JOIN free f ON f.record_id = n.record_id
ANTI JOIN work_forbidden x ON x.ledger_id = p.ledger_id AND x.upstream_id = f.record_id
WHERE CASE WHEN p.invoice_date IS NOT NULL THEN f.issued_on = p.invoice_date
           ELSE is_in_window(f.issued_on, p.posted_on, $window_days) END
  -- One that is the sum by itself, though something else in it differs, is another explanation.
  AND CASE p.money_kind WHEN 'total' THEN f.total_cny ELSE f.amount_cny END <= p.money;

CREATE OR REPLACE TEMP TABLE work_sum_line AS
WITH line AS (
    SELECT ledger_id, any_value(money) AS money, count(*) AS n_invoices, sum(part) AS sum_parts
    FROM work_addend
    GROUP BY ledger_id
    HAVING count(*) > 1 AND sum(part) >= any_value(money)
)
SELECT
    *,
    n_invoices <= $max_set
    AND sum(CASE WHEN n_invoices <= $max_set THEN 2 * (1 << (CAST(n_invoices AS INTEGER) + 1) // 2) ELSE 0 END)
        OVER (ORDER BY n_invoices, ledger_id) <= $max_sums AS is_tried
FROM line;

CREATE OR REPLACE TEMP TABLE work_sum_skipped AS
SELECT ledger_id FROM work_sum_line WHERE NOT is_tried
UNION
SELECT p.ledger_id FROM work_payer p
SEMI JOIN (SELECT taxpayer_id, direction, party_hash FROM work_free WHERE is_crowded) f USING (taxpayer_id, direction, party_hash)
UNION
SELECT p.ledger_id FROM work_payer p
SEMI JOIN (SELECT taxpayer_id, direction, name_hash FROM work_free WHERE is_crowded) f
    USING (taxpayer_id, direction, name_hash)
UNION
SELECT p.ledger_id FROM work_payer p
SEMI JOIN (SELECT taxpayer_id, direction, name_hash FROM work_free WHERE is_crowded_name) f
    USING (taxpayer_id, direction, name_hash)
WHERE p.party_hash IS NULL;

CREATE OR REPLACE TEMP TABLE work_half_sum AS
WITH RECURSIVE addend AS (
    SELECT
        a.ledger_id, a.part,
        CASE WHEN a.place * 2 <= a.n_invoices THEN 'first' ELSE 'second' END AS half,
        CASE WHEN a.place * 2 <= a.n_invoices THEN a.place ELSE a.place - a.n_invoices // 2 END AS step,
        CAST(1 AS BIGINT) << CAST(a.place AS INTEGER) AS bit, unnest([FALSE, TRUE]) AS is_taken
    FROM work_addend a
    JOIN work_sum_line l ON l.ledger_id = a.ledger_id AND l.is_tried
),
size AS (SELECT ledger_id, half, max(step) AS n_steps FROM addend GROUP BY ALL),
grown AS (
    SELECT ledger_id, half, CAST(0 AS BIGINT) AS step, CAST(0 AS DECIMAL(18,2)) AS sum_parts, CAST(0 AS BIGINT) AS bits
    FROM size
    UNION ALL
    SELECT g.ledger_id, g.half, a.step, CAST(g.sum_parts + CASE WHEN a.is_taken THEN a.part ELSE 0 END AS DECIMAL(18,2)),
           g.bits + CASE WHEN a.is_taken THEN a.bit ELSE 0 END
    FROM grown g
    JOIN addend a ON a.ledger_id = g.ledger_id AND a.half = g.half AND a.step = g.step + 1
)
SELECT g.ledger_id, g.half, g.sum_parts, g.bits
FROM grown g
JOIN size s ON s.ledger_id = g.ledger_id AND s.half = g.half AND s.n_steps = g.step;

-- Of equal invoices many sets come to the same: they are counted, not listed. `bits` are the invoices of the one set, or of any.
CREATE OR REPLACE TEMP TABLE work_sum AS
WITH half AS (
    SELECT ledger_id, half, sum_parts, count(*) AS n_sets, bit_or(bits) AS bits FROM work_half_sum GROUP BY ALL
),
wanted AS (
    SELECT h.*, CAST(l.money - h.sum_parts AS DECIMAL(18,2)) AS rest
    FROM half h
    JOIN work_sum_line l ON l.ledger_id = h.ledger_id
    WHERE h.half = 'first'
)
SELECT w.ledger_id, bit_or(w.bits | h.bits) AS bits, sum(w.n_sets * h.n_sets) AS n_sets
FROM wanted w
JOIN half h ON h.ledger_id = w.ledger_id AND h.half = 'second' AND h.sum_parts = w.rest
GROUP BY w.ledger_id;

CREATE OR REPLACE TEMP TABLE work_set AS
SELECT s.ledger_id, a.upstream_id, count(*) OVER (PARTITION BY a.upstream_id) AS n_wanting
FROM work_sum s
JOIN work_addend a ON a.ledger_id = s.ledger_id
WHERE s.n_sets = 1 AND (s.bits >> CAST(a.place AS INTEGER)) & 1 = 1
QUALIFY count(*) OVER (PARTITION BY s.ledger_id) > 1;

INSERT INTO work_repair
SELECT ledger_id, upstream_id, 'combined_sum' FROM work_set
QUALIFY max(n_wanting) OVER (PARTITION BY ledger_id) = 1;

INSERT INTO work_refused
SELECT ledger_id, upstream_id, 'several_equal', 'combined_sum' FROM work_set
WHERE ledger_id NOT IN (SELECT ledger_id FROM work_repair);

INSERT INTO work_refused
SELECT s.ledger_id, a.upstream_id, 'several_sums', 'combined_sum'
FROM work_sum s
JOIN work_addend a ON a.ledger_id = s.ledger_id
WHERE s.n_sets > 1 AND (s.bits >> CAST(a.place AS INTEGER)) & 1 = 1;

DROP TABLE work_half_sum;

DROP TABLE work_free;

DROP TABLE work_addend;

DROP TABLE work_sum_line;

DROP TABLE work_sum;

DROP TABLE work_set;
