-- what: of every open item: which sentence tells it, in which money it is compared, and what the difference looks like
-- grain: work_unlisted one row per item whose lines cite numbers that were not found; work_renamed and work_hinted one row per item
-- inputs: work_judged, work_told_list, work_linked, work_node, work_reference, work_read, work_accepted, work_claim, work_refused,
--         work_known, work_unpaired_blue, work_looked, work_awaiting_red, work_shared_number,
--         work_booked_again, work_elsewhere, work_older_gap, work_link, work_open_ledger, work_open_upstream
-- parameters: $tolerance, $as_of

-- A combined line whose sum is off is told with the numbers of its list that no invoice has, or that were not linked; one whose
-- sum is right names them too, unless they are a day.
CREATE OR REPLACE TEMP TABLE work_unlisted AS
WITH apart AS (
    SELECT f.ledger_id, u.number
    FROM work_refused f
    JOIN work_known u ON u.record_id = f.upstream_id
    WHERE f.why_not IN ('taken_apart', 'invoice_left_alone')
),
cited AS (
    SELECT
        n.item_id, i.cause, r.ledger_id, r.alt, r.position, shown_number(r.code, r.number) AS number,
        (r.ledger_id, r.alt, r.position) IN (SELECT (ledger_id, alt, position) FROM work_claim)
        OR is_front(r.number, r.code, $as_of::TIMESTAMP)
        OR EXISTS (FROM apart a WHERE a.ledger_id = r.ledger_id AND ends_with(a.number, r.number)) AS is_there
    FROM work_linked i
    JOIN work_node n ON n.item_id = i.item_id AND n.side = 'ledger'
    JOIN work_reference r ON r.ledger_id = n.record_id
    WHERE i.rule = 'number_list'
      AND CASE i.cause WHEN 'amount_differs' THEN TRUE
                       WHEN 'exact' THEN NOT is_day(r.number) WHEN 'within_tolerance' THEN NOT is_day(r.number)
                       WHEN 'combined_entry' THEN NOT is_day(r.number) WHEN 'dead_invoice_booked' THEN NOT is_day(r.number)
                       WHEN 'party_differs' THEN NOT is_day(r.number) WHEN 'date_differs' THEN NOT is_day(r.number) END
)
SELECT
    c.item_id, list_shown(list(DISTINCT c.number)) AS numbers,
    -- Nothing is said to be missing that may still come, or may be of a day that was not received.
    CASE WHEN any_value(c.cause) <> 'amount_differs' THEN NULL
         WHEN bool_or(c.is_there) THEN 'amount_differs.list_unlinked'
         WHEN bool_and(k.is_covered AND k.due_at <= $as_of::TIMESTAMP) THEN 'amount_differs.list_missing'
         ELSE 'amount_differs.list_awaited' END AS key
FROM cited c
JOIN work_looked k ON k.ledger_id = c.ledger_id
SEMI JOIN work_read g ON g.ledger_id = c.ledger_id AND g.alt = c.alt
ANTI JOIN work_accepted b ON b.ledger_id = c.ledger_id AND b.alt = c.alt AND b.position = c.position
GROUP BY c.item_id;

-- Another name under the same tax id.
CREATE OR REPLACE TEMP TABLE work_renamed AS
SELECT i.item_id
FROM work_linked i
JOIN work_node n ON n.item_id = i.item_id AND n.side = 'ledger'
JOIN work_link k ON k.ledger_id = n.record_id
JOIN work_open_ledger l ON l.record_id = k.ledger_id
JOIN work_open_upstream u ON u.record_id = k.upstream_id
WHERE i.cause = 'party_differs'
GROUP BY i.item_id
HAVING bool_and(coalesce(name_agrees(l.party_id, u.party_id), FALSE));

CREATE OR REPLACE TEMP TABLE work_hinted AS
WITH measured AS (
    SELECT
        *,
        CASE WHEN is_total_known THEN ledger_total - upstream_total ELSE ledger_amount - upstream_amount
        END AS difference,
        -- Like with like: the total if the ledger knows it, unless it is another money that differs.
        CASE
            WHEN cause NOT IN ('amount_differs', 'within_tolerance', 'split_entries', 'combined_entry') THEN 'kept'
            WHEN is_total_known AND abs(ledger_total - upstream_total) > slack THEN 'total'
            WHEN abs(ledger_amount - upstream_amount) > slack THEN 'amount'
            WHEN abs(ledger_tax - upstream_tax) > slack THEN 'tax'
            ELSE 'kept'
        END AS told
    FROM (
        SELECT
            *, CASE cause WHEN 'amount_differs' THEN $tolerance ELSE 0 END AS slack,
            coalesce(invoice_date > CAST($as_of::TIMESTAMP AS DATE), FALSE) AS is_ahead,
            CASE WHEN cause IN ('unreadable_reference', 'sync_delay') AND is_unreadable
                 THEN coalesce(is_damaged_number(reference), FALSE) ELSE FALSE END AS is_damaged
        FROM work_judged
    )
),
compared AS (
    SELECT
        told <> 'kept' AS is_rounded,
        * REPLACE (CASE WHEN told <> 'kept' THEN told WHEN is_total_known = FALSE THEN 'amount' ELSE 'total'
                   END AS told),
        CASE told WHEN 'amount' THEN ledger_amount WHEN 'tax' THEN ledger_tax ELSE ledger_total END AS ledger_money,
        CASE WHEN told = 'amount' THEN upstream_amount WHEN told = 'tax' THEN upstream_tax
             WHEN cause IN ('dead_invoice_booked', 'red_letter_netted') THEN first_total
             ELSE upstream_total END AS upstream_money,
        rule IN ('number_list', 'decision') AND n_upstream > 1 AS is_combined,
        cause <> 'party_differs' AND list_has_any(differing_fields, ['counterparty_tax_id', 'counterparty_name'])
            AS is_party_different,
        cause <> 'date_differs' AND rule <> 'second_error' AND list_contains(differing_fields, 'invoice_date') AS is_day_different,
        -- The causes of a repaired number say so themselves.
        CASE WHEN rule = 'decision' THEN 'decided'
             WHEN cause NOT IN ('number_mistyped', 'digits_lost', 'number_absent')
              AND list_contains(differing_fields, 'invoice_number')
             THEN CASE WHEN reference IS NULL OR n_ledger > 1 THEN 'repaired' ELSE 'repaired.number' END
        END AS repair_key
    FROM measured
),
worded AS (
    SELECT
        c.* REPLACE (coalesce(t.money, c.upstream_money) AS upstream_money,
                     CASE WHEN m.key IS NOT NULL OR m.numbers IS NULL THEN c.repair_key
                          WHEN cause = 'dead_invoice_booked' THEN 'also_unlinked'
                          ELSE 'also_listed' END AS repair_key),
        m.numbers AS unlisted, t.money AS listed_money,
        t.numbers AS listed_numbers, coalesce(t.other, e.other) AS listed_other, t.parties AS listed_parties, t.hint_key AS listed_hint_key,
        CASE
            WHEN t.item_id IS NOT NULL THEN cause || '.list'
            WHEN why_not = 'left_alone' AND n_upstream = 0 AND n_candidates = 0 THEN 'left_alone.entry'
            WHEN why_not = 'left_alone' AND n_ledger = 0 AND n_candidates = 0 THEN 'left_alone.invoice'
            WHEN cause = 'exact' AND n_ledger = 0 THEN 'exact.void'
            WHEN cause = 'red_letter_netted' AND n_ledger = 0 THEN 'red_letter_netted.unbooked'
            WHEN cause = 'red_letter_netted' AND status = 'void' THEN 'red_letter_netted.void'
            WHEN cause = 'red_letter_netted' THEN 'red_letter_netted.booked'
            WHEN cause = 'dead_invoice_booked' AND ledger_total < 0 AND upstream_total >= 0 THEN 'dead_invoice_booked.negative'
            WHEN cause = 'dead_invoice_booked' AND status = 'void' THEN 'dead_invoice_booked.void'
            WHEN cause = 'dead_invoice_booked' AND is_partly_reversed THEN 'dead_invoice_booked.partly'
            WHEN cause = 'dead_invoice_booked' THEN 'dead_invoice_booked.reversed'
            -- Of a reversed invoice and its red letter only what they come to can be told.
            WHEN is_partly_reversed AND cause IN ('amount_differs', 'tax_differs', 'number_mistyped', 'digits_lost', 'number_absent')
                THEN cause || '.reversed'
            WHEN cause IN ('split_entries', 'combined_entry') AND is_rounded
                THEN cause || '.rounded'
            WHEN cause = 'tax_differs' AND direction = 'input' AND upstream_tax = 0 AND ledger_tax > 0 THEN 'tax_differs.without_tax'
            WHEN cause = 'tax_differs' AND direction = 'input' AND upstream_tax > 0 AND ledger_tax = 0 THEN 'tax_differs.not_deducted'
            WHEN cause = 'tax_differs' AND ledger_tax > upstream_tax THEN 'tax_differs.too_much'
            WHEN split_part(e.key, '.', 1) = cause THEN e.key
            WHEN cause = 'party_differs' AND n_upstream = 1 AND item_id IN (SELECT item_id FROM work_renamed) THEN 'party_differs.renamed'
            WHEN cause = 'not_found' AND invoice_date IS NULL AND n_candidates = 0 THEN 'not_found.undated'
            WHEN item_id IN (SELECT item_id FROM work_booked_again) THEN cause || '.booked_again'
            WHEN rule = 'second_error' THEN cause || '.second_error'
            WHEN rule = 'voucher_rest' AND cause = 'number_absent' THEN 'number_absent.rest'
            WHEN (cause = 'not_found' OR (cause IN ('sync_delay', 'upstream_gap') AND why_not IN ('taken_apart', 'invoice_left_alone')))
             AND (item_id, candidates[1]) IN (
                SELECT ('L:' || ledger_id, upstream_id) FROM work_refused
                WHERE rule IN ('exact_key', 'without_code', 'lost_zeros', 'last_8')
                   OR (rule = 'cut_number' AND why_not = 'invoice_left_alone')
            ) THEN 'not_found.same_number'
            WHEN cause = 'sync_delay' AND is_ahead THEN 'sync_delay.ahead'
            WHEN cause IN ('sync_delay', 'upstream_gap') AND is_impossible THEN cause || '.impossible'
            WHEN (cause = 'sync_delay' OR (cause = 'upstream_gap' AND NOT is_awaited))
             AND item_id IN (SELECT 'L:' || ledger_id FROM work_awaiting_red) THEN cause || '.reversal'
            WHEN cause IN ('sync_delay', 'unreadable_reference') AND why_not = 'several_equal'
             AND item_id IN (SELECT 'L:' || ledger_id FROM work_shared_number) THEN cause || '.several'
            WHEN cause = 'sync_delay' AND is_unreadable AND says_no_invoice AND NOT is_damaged THEN 'sync_delay.no_invoice'
            WHEN cause = 'sync_delay' AND is_unreadable AND reference IS NULL THEN 'sync_delay.empty'
            WHEN cause = 'sync_delay' AND is_damaged THEN 'sync_delay.damaged'
            WHEN cause = 'sync_delay' AND is_unreadable THEN 'sync_delay.unreadable'
            WHEN cause = 'not_booked' AND candidates IS NULL AND item_id IN (SELECT 'U:' || red_id FROM work_unpaired_blue)
                THEN 'not_booked.red_letter'
            WHEN cause IN ('not_found', 'not_booked', 'impossible_number') AND n_candidates > 0
                THEN cause || '.candidates'
            WHEN cause = 'unreadable_reference' AND why_not = 'range_skipped' THEN 'unreadable_reference.long_range'
            WHEN cause = 'unreadable_reference'
                THEN cause || CASE WHEN is_damaged THEN '.damaged' WHEN says_no_invoice THEN '.no_invoice'
                                   WHEN reference IS NULL THEN '.empty' ELSE '' END
                           || CASE WHEN n_candidates > 0 THEN '.candidates' ELSE '' END
            WHEN cause = 'upstream_gap' AND is_awaited THEN 'upstream_gap.awaited'
            WHEN cause = 'upstream_gap' AND item_id IN (SELECT 'L:' || ledger_id FROM work_older_gap) THEN 'upstream_gap.older'
            WHEN cause = 'upstream_gap' AND invoice_date IS NULL THEN 'upstream_gap.undated'
            WHEN cause = 'booking_lag' AND is_awaited THEN 'booking_lag.awaited'
            WHEN m.key IS NOT NULL THEN m.key
            WHEN cause = 'amount_differs' AND is_mixed AND n_upstream = 1 THEN 'amount_differs.mixed'
            WHEN cause = 'amount_differs' AND is_combined THEN 'amount_differs.list'
            ELSE cause
        END AS sentence_key,
        CASE WHEN t.item_id IS NOT NULL THEN t.n_cited WHEN m.key IS NOT NULL THEN n_upstream WHEN n_upstream = 0 OR n_candidates > 0 THEN n_candidates WHEN n_upstream > 1 AND n_ledger <= 1
             OR is_combined THEN n_upstream ELSE n_ledger END AS shown_count,
        CASE WHEN cause = 'amount_differs' THEN replace(money_text(abs(ledger_money)), '.', '') END AS ledger_digits,
        CASE WHEN cause = 'amount_differs' THEN replace(money_text(abs(upstream_money)), '.', '') END AS upstream_digits
    FROM compared c
    LEFT JOIN work_unlisted m USING (item_id)
    LEFT JOIN work_told_list t USING (item_id)
    LEFT JOIN work_elsewhere e USING (item_id)
)
SELECT
    w.* EXCLUDE (
        is_impossible, is_awaited, is_ahead, is_damaged, says_no_invoice, is_party_different, is_day_different, listed_money, first_id,
        first_total, gross_total, gross_amount, status, is_unreadable, is_partly_reversed, is_total_known, upstream_amount,
        ledger_amount, slack, told, is_rounded, is_combined, is_mixed, listed_hint_key, ledger_digits, upstream_digits
    ),
    -- As columns, because a join on an expression of one side is a nested loop.
    CASE WHEN cause = 'booked_twice' THEN first_id END AS booked_first_id,
    coalesce(listed_money, upstream_total, ledger_total, 0) < 0 AS is_red,
    cause = 'sync_delay' AND (is_ahead OR is_impossible) OR cause = 'upstream_gap' AND is_impossible AS is_doubtful,
    CASE WHEN why_not = 'several_equal' AND cause = 'not_booked' AND candidates IS NOT NULL
         THEN 'why.several_equal_of_line' ELSE 'why.' || why_not END AS why_key,
    CASE
        WHEN n_candidates = 0 AND ends_with(why_not, '_skipped') AND sentence_key <> 'unreadable_reference.long_range'
            THEN 'also.skipped'
        -- What is dead goes, whatever else is wrong with it.
        WHEN cause NOT IN ('number_mistyped', 'digits_lost', 'number_absent', 'amount_differs', 'tax_differs', 'party_differs')
            THEN NULL
        WHEN is_party_different AND is_combined THEN 'also.party_of_some'
        WHEN is_party_different AND is_day_different THEN 'also.party_and_day'
        WHEN is_party_different THEN 'also.party'
        WHEN is_day_different THEN 'also.day'
    END AS also_key,
    CASE WHEN cause IN ('not_found', 'impossible_number', 'upstream_gap') THEN item_id END AS asked_item_id,
    CASE WHEN is_mixed THEN 'money.mixed' WHEN told <> 'total' THEN 'money.' || told END AS money_key,
    CASE WHEN is_combined THEN 'more' END AS more_key,
    CASE
        WHEN rule = 'second_error' THEN
            CASE WHEN list_contains(differing_fields, 'invoice_date') THEN 'hint.another_day'
                 WHEN difference <> 0 THEN 'hint.cents' ELSE 'hint.tax' END
        WHEN cause <> 'amount_differs' THEN listed_hint_key
        WHEN told = 'total' AND upstream_money - ledger_money = upstream_tax THEN 'hint.without_tax'
        WHEN told = 'amount' AND ledger_money - upstream_money = upstream_tax THEN 'hint.with_tax'
        WHEN ledger_money = -upstream_money THEN 'hint.sign'
        WHEN replace(ledger_digits, ',', '') = replace(upstream_digits, ',', '') || '0'
          OR replace(ledger_digits, ',', '') || '0' = replace(upstream_digits, ',', '') THEN 'hint.decimal_point'
        WHEN length(ledger_digits) = length(upstream_digits)
         AND list_sort(string_split(ledger_digits, '')) = list_sort(string_split(upstream_digits, ''))
         AND damerau_levenshtein(ledger_digits, upstream_digits) = 1 THEN 'hint.transposed'
    END AS hint_key
FROM worded w;

DROP VIEW work_judged;

DROP TABLE work_judged_half;

DROP TABLE work_judged_ledger;

DROP TABLE work_judged_cause;

DROP TABLE work_linked;

DROP TABLE work_told_list;
