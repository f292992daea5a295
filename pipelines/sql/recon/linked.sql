-- what: what every group of several records comes to: sums on both sides, what differs, verdict and cause
-- grain: work_linked one row per item with more than one member; work_group_member one row per member of such an item;
--        work_group_upstream, work_group_ledger, work_group_link one row per item; work_listed_party one row per link of a
--        list in which the party agrees
-- inputs: work_node, work_link, work_open_upstream, work_open_ledger, work_red_pair,
--         work_second_line, work_day_of_blue
-- parameters: $tolerance
-- The order of the cases is the contract's order of precedence for an invoice with several disagreements. One sum at a time:
-- together they do not fit into the memory that a night may have.

CREATE OR REPLACE TEMP TABLE work_group_member AS
SELECT * FROM work_node WHERE item_id IN (SELECT item_id FROM work_node GROUP BY item_id HAVING count(*) > 1);

CREATE OR REPLACE TEMP TABLE work_group_upstream AS
SELECT
    item_id, count(*) AS n_upstream, sum(u.total_cny) AS upstream_total, sum(u.amount_cny) AS upstream_amount,
    sum(u.tax_cny) AS upstream_tax,
    sum(abs(u.total_cny)) AS gross_total, sum(abs(u.amount_cny)) AS gross_amount,
    bool_or(u.status = 'void') AS has_void,
    bool_or(u.status = 'red_full' OR u.record_id IN (SELECT blue_id FROM work_red_pair WHERE is_full)) AS has_reversed,
    sum(u.total_cny) FILTER (NOT u.is_red) AS blue_total, sum(u.amount_cny) FILTER (NOT u.is_red) AS blue_amount,
    sum(u.tax_cny) FILTER (NOT u.is_red) AS blue_tax,
    -- A void or reversed invoice counts nothing any more, whether or not its red one has been seen.
    coalesce(sum(u.total_cny) FILTER (NOT is_dead), 0) AS living_total,
    coalesce(sum(u.amount_cny) FILTER (NOT is_dead), 0) AS living_amount,
    coalesce(sum(u.tax_cny) FILTER (NOT is_dead), 0) AS living_tax
FROM (
    SELECT m.item_id, u.*,
           u.status IN ('void', 'red_full')
           OR u.record_id IN (SELECT blue_id FROM work_red_pair WHERE is_full)
           OR u.record_id IN (SELECT red_id FROM work_red_pair WHERE is_full) AS is_dead
    FROM work_group_member m JOIN work_open_upstream u ON u.record_id = m.record_id
    WHERE m.side = 'upstream'
) u
GROUP BY item_id;

CREATE OR REPLACE TEMP TABLE work_group_ledger AS
SELECT
    m.item_id, count(*) AS n_ledger, bool_or(coalesce(l.line_total, l.line_amount) < 0) AS is_taken_back,
    CASE WHEN count(l.line_total) = count(*) THEN sum(l.line_total) END AS ledger_total,
    CASE WHEN count(l.line_amount) = count(*) THEN sum(l.line_amount) END AS ledger_amount,
    sum(l.line_total) AS part_total, sum(l.line_amount) FILTER (l.line_total IS NULL) AS part_amount,
    CASE WHEN count(l.total_cny) = count(*) THEN sum(l.total_cny) END AS total_kept,
    CASE WHEN count(l.amount_cny) = count(*) THEN sum(l.amount_cny) END AS amount_kept,
    CASE WHEN count(l.tax_cny) = count(*) THEN sum(l.tax_cny) END AS tax_kept
FROM work_group_member m JOIN work_open_ledger l ON l.record_id = m.record_id
WHERE m.side = 'ledger'
GROUP BY m.item_id;

-- Lines of several parties under one text that lists the invoices of all: each has its own among them, with its party and money.
CREATE OR REPLACE TEMP TABLE work_listed_party AS
SELECT k.ledger_id, k.upstream_id
FROM work_link k
JOIN work_open_upstream u ON u.record_id = k.upstream_id
JOIN work_open_ledger l ON l.record_id = k.ledger_id
WHERE k.rule = 'number_list' AND party_agrees(l.party_id, l.party_name, u.party_id, u.party_name)
  AND NOT party_differs(l.party_id, l.party_name, u.party_id, u.party_name)
  AND abs(coalesce(l.line_total, l.line_amount) - CASE WHEN l.line_total IS NULL THEN u.amount_cny ELSE u.total_cny END)
      <= $tolerance;

CREATE OR REPLACE TEMP TABLE work_group_link AS
WITH compared AS (
    SELECT
        *,
        rule = 'number_list' AND ledger_id IN (SELECT ledger_id FROM work_listed_party)
        AND upstream_id IN (SELECT upstream_id FROM work_listed_party) AS is_listed_party
    FROM work_link
)
SELECT
    n.item_id,
    -- What is least sure; of two that are alike always the same.
    arg_max(k.rule, (CASE k.rule WHEN 'exact_key' THEN 0 WHEN 'reversal_of_blue' THEN 1 WHEN 'without_code' THEN 2
            WHEN 'lost_zeros' THEN 3 WHEN 'last_8' THEN 4 WHEN 'cut_number' THEN 4 WHEN 'last_left' THEN 4
            WHEN 'number_list' THEN 5 ELSE 6 END, k.rule)) AS rule,
    bool_or(NOT is_listed_party AND party_differs(l.party_id, l.party_name, u.party_id, u.party_name)) AS is_party_different,
    bool_and(party_differs(l.party_id, l.party_name, u.party_id, u.party_name)) AS is_other_party,
    bool_or(NOT is_listed_party AND NOT coalesce(name_agrees(l.party_id, u.party_id), TRUE)) AS is_party_id_different,
    bool_or(NOT is_listed_party AND NOT coalesce(name_agrees(l.party_name, u.party_name), TRUE)) AS is_party_name_different,
    bool_or(coalesce(l.invoice_date <> u.issued_on AND d.ledger_id IS NULL, FALSE)) AS is_date_different,
    bool_or(u.status = 'void' OR u.status = 'red_full'
            OR u.record_id IN (SELECT blue_id FROM work_red_pair WHERE is_full)) AS is_dead_linked,
    bool_or(u.is_red AND u.status <> 'void') AS is_red_linked, bool_or(u.is_red AND u.status = 'void') AS is_void_red_linked,
    max(s.cause) FILTER (k.rule = 'second_error') AS second_cause
FROM compared k
JOIN work_node n ON n.side = 'ledger' AND n.record_id = k.ledger_id
JOIN work_open_upstream u ON u.record_id = k.upstream_id
JOIN work_open_ledger l ON l.record_id = k.ledger_id
LEFT JOIN work_second_line s ON s.ledger_id = k.ledger_id
LEFT JOIN work_day_of_blue d ON d.ledger_id = k.ledger_id AND d.upstream_id = k.upstream_id
GROUP BY n.item_id;

CREATE OR REPLACE TEMP TABLE work_linked AS
WITH measured AS (
    SELECT
        u.*, l.* EXCLUDE (item_id), k.* EXCLUDE (item_id),
        -- Lines that keep the total only beside lines that keep the amount only: with tax, at the rate of their invoices.
        CASE WHEN ledger_total IS NULL AND ledger_amount IS NULL
             THEN part_total + at_rate_of(part_amount, gross_total, gross_amount) END AS mixed_total,
        -- What no line alone keeps is compared as the lines give it together: something always is.
        CASE WHEN mixed_total IS NULL
             THEN abs(coalesce(total_kept, CASE WHEN amount_kept IS NULL THEN ledger_total END) - upstream_total)
             WHEN abs(mixed_total - upstream_total) > $tolerance THEN abs(mixed_total - upstream_total)
        END AS total_gap,
        abs(coalesce(amount_kept, CASE WHEN total_kept IS NULL THEN ledger_amount END) - upstream_amount) AS amount_gap,
        abs(tax_kept - upstream_tax) AS tax_gap,
        coalesce(ledger_total, mixed_total) - living_total AS living_gap,
        ledger_amount - living_amount AS living_amount_gap, tax_kept - living_tax AS living_tax_gap
    FROM work_group_upstream u
    LEFT JOIN work_group_ledger l ON l.item_id = u.item_id
    LEFT JOIN work_group_link k ON k.item_id = u.item_id
),
judged AS (
    SELECT
        *,
        -- The tax alone is wrong if amount or total still agrees.
        coalesce(tax_gap > $tolerance, FALSE)
        AND (coalesce(amount_gap <= $tolerance, FALSE) OR coalesce(total_gap <= $tolerance, FALSE)
             OR (amount_gap IS NULL AND total_gap IS NULL)) AS is_tax_only,
        coalesce(total_gap > $tolerance, FALSE) OR coalesce(amount_gap > $tolerance, FALSE) AS is_money_different,
        has_void OR has_reversed AS has_dead,
        -- What is dead counts nothing on either side, tax and party included.
        abs(coalesce(living_gap, living_amount_gap)) <= $tolerance AND living_total = 0
        AND coalesce(abs(living_amount_gap) <= $tolerance AND abs(living_tax_gap) <= $tolerance, TRUE)
        AND is_party_different = is_other_party AS is_netted
    FROM measured
),
caused AS (
    SELECT
        *,
        CASE
            WHEN n_ledger IS NULL THEN 'red_letter_netted'
            WHEN has_dead AND is_netted THEN 'red_letter_netted'
            WHEN has_dead AND is_dead_linked
             AND (NOT is_red_linked OR coalesce(living_gap, living_amount_gap) > $tolerance
                  OR (is_void_red_linked AND coalesce(living_gap, living_amount_gap) < -$tolerance))
                THEN 'dead_invoice_booked'
            WHEN rule = 'digits_lost' THEN 'digits_lost'
            WHEN rule = 'second_error' THEN second_cause
            WHEN rule IN ('number_mistyped', 'another_number') THEN 'number_mistyped'
            WHEN rule IN ('number_absent', 'combined_sum', 'voucher_rest') THEN 'number_absent'
            WHEN is_money_different AND NOT is_tax_only THEN 'amount_differs'
            WHEN is_tax_only THEN 'tax_differs'
            WHEN is_party_different THEN 'party_differs'
            WHEN is_date_different THEN 'date_differs'
            WHEN n_upstream > 1 THEN 'combined_entry'
            WHEN n_ledger > 1 THEN 'split_entries'
            WHEN coalesce(total_gap, 0) + coalesce(amount_gap, 0) + coalesce(tax_gap, 0) > 0 THEN 'within_tolerance'
            ELSE 'exact'
        END AS cause
    FROM judged
)
SELECT
    item_id, rule, n_upstream, coalesce(n_ledger, 0) AS n_ledger, cause,
    has_reversed AND living_total = 0 AND (is_taken_back OR is_red_linked) AS is_partly_reversed,
    list_filter(
        [
            CASE WHEN rule IN ('digits_lost', 'number_mistyped', 'second_error', 'another_number', 'number_absent',
                               'combined_sum', 'voucher_rest')
                 THEN 'invoice_number' END,
            CASE WHEN has_dead AND is_dead_linked THEN 'status' END,
            -- Of a dead invoice the money that it had.
            CASE WHEN CASE WHEN cause <> 'dead_invoice_booked' THEN amount_gap > 0
                           ELSE NOT is_partly_reversed AND amount_kept <> blue_amount END THEN 'amount_cny' END,
            CASE WHEN CASE WHEN cause <> 'dead_invoice_booked' THEN tax_gap > 0
                           ELSE NOT is_partly_reversed AND tax_kept <> blue_tax END THEN 'tax_cny' END,
            CASE WHEN CASE WHEN cause <> 'dead_invoice_booked' THEN total_gap > 0
                           ELSE NOT is_partly_reversed AND total_kept <> blue_total END THEN 'total_cny' END,
            CASE WHEN is_party_id_different THEN 'counterparty_tax_id' END,
            CASE WHEN is_party_name_different THEN 'counterparty_name' END,
            CASE WHEN is_date_different THEN 'invoice_date' END
        ],
        lambda field: field IS NOT NULL
    ) AS differing_fields
FROM caused;

DROP TABLE work_group_member;

DROP TABLE work_group_upstream;

DROP TABLE work_group_ledger;

DROP TABLE work_group_link;

DROP TABLE work_listed_party;
