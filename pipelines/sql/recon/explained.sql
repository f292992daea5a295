-- what: the open items with their sentences, from the templates of reference/sentences.toml
-- grain: work_hinted, work_explained one row per item; work_other one row per item whose sentence names another record
-- inputs: work_judged, work_sentence, work_cause, work_open_upstream, work_open_ledger, work_known,
--         work_similar, work_second, work_surplus, work_link, work_second_opinion
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_hinted AS
WITH worded AS (
    SELECT
        j.*,
        CASE
            WHEN cause = 'exact' AND n_ledger = 0 THEN 'exact.void'
            WHEN cause = 'red_letter_netted' AND n_ledger = 0 THEN 'red_letter_netted.unbooked'
            WHEN cause = 'red_letter_netted' THEN 'red_letter_netted.booked'
            WHEN cause = 'dead_invoice_booked' AND status = 'void' THEN 'dead_invoice_booked.void'
            WHEN cause = 'dead_invoice_booked' THEN 'dead_invoice_booked.reversed'
            WHEN rule = 'second_error' THEN cause || '.second_error'
            WHEN cause = 'number_absent' AND n_upstream > 1 THEN 'number_absent.combined'
            WHEN why_not = 'left_alone' AND n_upstream = 0 THEN 'left_alone.entry'
            WHEN why_not = 'left_alone' THEN 'left_alone.invoice'
            WHEN cause = 'sync_delay' AND is_impossible THEN 'sync_delay.impossible'
            WHEN cause IN ('not_found', 'not_booked', 'unreadable_reference') AND n_candidates > 0
                THEN cause || '.candidates'
            WHEN cause = 'upstream_gap' AND invoice_date IS NULL THEN 'upstream_gap.undated'
            ELSE cause
        END AS sentence_key,
        CASE WHEN n_upstream > 1 AND n_ledger <= 1 THEN n_upstream WHEN n_upstream = 0 OR n_candidates > 0
             THEN n_candidates ELSE n_ledger END AS shown_count,
        CASE WHEN cause = 'amount_differs' THEN replace(money_text(abs(ledger_total)), '.', '') END AS ledger_digits,
        CASE WHEN cause = 'amount_differs' THEN replace(money_text(abs(upstream_total)), '.', '') END AS upstream_digits
    FROM work_judged j
)
SELECT
    w.*,
    -- As columns, because a join on an expression of one side is a nested loop.
    CASE WHEN cause = 'booked_twice' THEN first_id END AS booked_first_id,
    CASE WHEN n_upstream = 0 THEN candidates[1] END AS candidate_invoice_id,
    CASE WHEN n_ledger = 0 THEN candidates[1] END AS candidate_entry_id,
    CASE WHEN cause IN ('not_found', 'impossible_number', 'upstream_gap') THEN item_id END AS asked_item_id,
    CASE
        WHEN rule = 'second_error' THEN
            CASE WHEN list_contains(differing_fields, 'invoice_date') THEN 'another_day'
                 WHEN abs(ledger_total - upstream_total) > 0 THEN 'cents' ELSE 'tax' END
        WHEN cause <> 'amount_differs' THEN NULL
        WHEN abs(ledger_total - upstream_total) = abs(upstream_tax) AND abs(ledger_total) < abs(upstream_total)
            THEN 'without_tax'
        WHEN ledger_total = -upstream_total THEN 'sign'
        WHEN replace(ledger_digits, ',', '') = replace(upstream_digits, ',', '') || '0'
          OR replace(ledger_digits, ',', '') || '0' = replace(upstream_digits, ',', '') THEN 'decimal_point'
        WHEN length(ledger_digits) = length(upstream_digits)
         AND list_sort(string_split(ledger_digits, '')) = list_sort(string_split(upstream_digits, ''))
         AND damerau_levenshtein(ledger_digits, upstream_digits) = 1 THEN 'transposed'
    END AS hint
FROM worded w;

DROP VIEW work_judged;

DROP TABLE work_judged_half;

DROP TABLE work_judged_ledger;

CREATE OR REPLACE TEMP TABLE work_other AS
WITH first_line AS (
    SELECT
        k.upstream_id,
        arg_min(coalesce(l.voucher_no, CAST(l.posted_on AS VARCHAR)), (l.posted_on, l.record_id)) AS voucher
    FROM work_link k
    JOIN work_open_ledger l ON l.record_id = k.ledger_id
    WHERE k.upstream_id IN (SELECT first_id FROM work_surplus WHERE side = 'ledger')
    GROUP BY k.upstream_id
),
candidate_invoice AS (
    SELECT record_id, number FROM work_known WHERE record_id IN (SELECT candidate_invoice_id FROM work_hinted)
    UNION
    SELECT upstream_id, number FROM work_similar WHERE upstream_id IN (SELECT candidate_invoice_id FROM work_hinted)
    UNION
    SELECT upstream_id, number FROM work_second WHERE upstream_id IN (SELECT candidate_invoice_id FROM work_hinted)
)
SELECT
    h.item_id, up.number,
    CASE WHEN h.cause = 'booked_twice' THEN first_line.voucher
         ELSE coalesce(cu.number, cl.voucher_no, cl.invoice_reference) END AS other
FROM work_hinted h
LEFT JOIN first_line ON first_line.upstream_id = h.first_id
LEFT JOIN work_open_upstream up ON up.record_id = h.booked_first_id
LEFT JOIN candidate_invoice cu ON cu.record_id = h.candidate_invoice_id
LEFT JOIN work_open_ledger cl ON cl.record_id = h.candidate_entry_id
WHERE h.cause = 'booked_twice' OR h.n_candidates > 0;

CREATE OR REPLACE TEMP TABLE work_explained AS
WITH filled AS (
    SELECT
        h.*,
        {
            'number': coalesce(shown_number(code, coalesce(h.number, o.number)), ''),
            'reference': coalesce(reference, ''),
            'voucher': coalesce(nullif(voucher, ''), '—'),
            'posted_on': coalesce(CAST(posted_on AS VARCHAR), ''),
            'issued_on': coalesce(CAST(issued_on AS VARCHAR), ''),
            'ledger_date': coalesce(CAST(invoice_date AS VARCHAR), ''),
            'party': coalesce(upstream_party, ledger_party, '—'),
            'ledger_party': coalesce(ledger_party, '—'),
            'upstream_total': coalesce(money_text(CASE WHEN cause IN ('dead_invoice_booked', 'red_letter_netted')
                                                       THEN first_total ELSE upstream_total END), '—'),
            'ledger_total': coalesce(money_text(ledger_total), '—'),
            'ledger_tax': coalesce(money_text(ledger_tax), '—'),
            'upstream_tax': coalesce(money_text(upstream_tax), '—'),
            'difference': coalesce(money_text(ledger_total - upstream_total), '—'),
            'due_on': coalesce(CAST(due_on AS VARCHAR), ''),
            'count': CAST(shown_count AS VARCHAR),
            'other': coalesce(other, '—')
        } AS facts
    FROM work_hinted h
    LEFT JOIN work_other o ON o.item_id = h.item_id
)
SELECT
    f.item_id, f.taxpayer_id, f.direction, c.verdict, f.cause, f.rule, c.basis, f.is_impossible, f.candidates, f.why_not,
    f.differing_fields, f.upstream_total, f.ledger_total, f.n_upstream, f.n_ledger, f.is_total_known, f.due_on,
    fill_sentence(s.zh, facts, coalesce(w.zh, ''), coalesce(hint.zh, '')) || coalesce(o.zh, '') AS explanation_zh,
    fill_sentence(s.en, facts, coalesce(w.en, ''), coalesce(hint.en, '')) || coalesce(o.en, '') AS explanation_en
FROM filled f
JOIN work_cause c ON c.cause = f.cause
JOIN work_sentence s ON s.key = f.sentence_key
LEFT JOIN work_sentence w ON w.key = 'why.' || f.why_not
LEFT JOIN work_sentence hint ON hint.key = 'hint.' || f.hint
LEFT JOIN work_second_opinion o ON o.item_id = f.asked_item_id;

DROP TABLE work_hinted;
