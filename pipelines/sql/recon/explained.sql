-- what: the open items with their sentences, from the templates of reference/sentences.toml
-- grain: work_explained one row per item, worded as it is written; work_other one row per item whose sentence names another record;
--        work_party one row per item whose parties differ
-- inputs: work_hinted, work_sentence, work_cause, work_open_upstream, work_open_ledger, work_claim, work_node,
--         work_similar, work_second, work_surplus, work_link, work_unpaired_blue, work_second_opinion
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_other AS
WITH first_line AS (
    SELECT
        k.upstream_id,
        arg_min(coalesce(l.voucher_no, CAST(l.posted_on AS VARCHAR)), (l.posted_on, l.record_id)) AS voucher,
        min(l.posted_on) AS posted_on
    FROM work_link k
    JOIN work_open_ledger l ON l.record_id = k.ledger_id
    WHERE k.upstream_id IN (SELECT first_id FROM work_surplus WHERE side = 'ledger')
    GROUP BY k.upstream_id
),
candidate AS (
    SELECT
        item_id, n_upstream = 0 AS is_invoice, unnest(candidates[:3]) AS record_id,
        generate_subscripts(candidates[:3], 1) AS place
    FROM work_hinted
    WHERE n_candidates > 0
    UNION ALL
    SELECT h.item_id, TRUE, b.blue_id, row_number() OVER (PARTITION BY h.item_id ORDER BY b.blue_id) AS place
    FROM work_unpaired_blue b
    JOIN work_hinted h ON h.item_id = 'U:' || b.red_id
    WHERE h.sentence_key = 'not_booked.red_letter'
    QUALIFY place <= 3
),
named AS (
    SELECT upstream_id AS record_id, upstream_code AS code, upstream_number AS number FROM work_claim
    WHERE upstream_id IN (SELECT record_id FROM candidate)
    UNION ALL
    SELECT record_id, code, number FROM work_open_upstream WHERE record_id IN (SELECT record_id FROM candidate)
    UNION ALL
    SELECT upstream_id, code, number FROM work_similar WHERE upstream_id IN (SELECT record_id FROM candidate)
    UNION ALL
    SELECT upstream_id, NULL, number FROM work_second WHERE upstream_id IN (SELECT record_id FROM candidate)
),
invoice AS (SELECT record_id, shown_number(max(code), max(number)) AS shown FROM named GROUP BY record_id),
considered AS (
    SELECT
        c.item_id,
        array_to_string(
            list(CASE WHEN c.is_invoice THEN i.shown ELSE coalesce(l.voucher_no, CAST(l.posted_on AS VARCHAR)) END
                 ORDER BY c.place), '、'
        ) AS shown
    FROM candidate c
    LEFT JOIN invoice i ON i.record_id = c.record_id
    LEFT JOIN work_open_ledger l ON l.record_id = c.record_id
    GROUP BY c.item_id
)
SELECT
    h.item_id, shown_number(up.code, up.number) AS number, coalesce(up.party_name, up.party_id) AS party,
    coalesce(first_line.voucher, c.shown, h.unlisted) AS other,
    -- Vouchers are numbered anew every month.
    CASE WHEN first_line.voucher = h.voucher THEN first_line.posted_on END AS other_posted_on
FROM work_hinted h
LEFT JOIN first_line ON first_line.upstream_id = h.booked_first_id
LEFT JOIN work_open_upstream up ON up.record_id = h.booked_first_id
LEFT JOIN considered c ON c.item_id = h.item_id
WHERE h.cause = 'booked_twice' OR h.n_candidates > 0 OR h.unlisted IS NOT NULL;

-- Of several lines the first whose party differs; a tax id is told where it is the tax ids that differ.
CREATE OR REPLACE TEMP TABLE work_party AS
SELECT
    n.item_id,
    arg_min(concat_ws(' ', l.party_name, CASE WHEN upper(l.party_id) <> upper(u.party_id) THEN trim(l.party_id) END),
            (l.posted_on, l.record_id)) AS ledger_party,
    arg_min(concat_ws(' ', u.party_name, CASE WHEN upper(l.party_id) <> upper(u.party_id) THEN trim(u.party_id) END),
            (l.posted_on, l.record_id)) AS upstream_party
FROM work_hinted h
JOIN work_node n ON n.item_id = h.item_id AND n.side = 'ledger'
JOIN work_link k ON k.ledger_id = n.record_id
JOIN work_open_ledger l ON l.record_id = k.ledger_id
JOIN work_open_upstream u ON u.record_id = k.upstream_id
WHERE h.cause = 'party_differs' AND party_differs(l.party_id, l.party_name, u.party_id, u.party_name)
GROUP BY n.item_id;

CREATE OR REPLACE TEMP VIEW work_explained AS
WITH filled AS (
    SELECT
        h.*,
        {
            'number': coalesce(h.listed_numbers, shown_number(code, h.number), o.number, ''),
            'reference': coalesce(reference, '—'),
            'voucher': concat(voucher, ' (' || CASE WHEN o.other_posted_on IS NOT NULL THEN posted_on END || ')'),
            'posted_on': coalesce(CAST(posted_on AS VARCHAR), ''),
            'issued_on': coalesce(CAST(issued_on AS VARCHAR), ''),
            'ledger_date': coalesce(CAST(invoice_date AS VARCHAR), ''),
            'party': coalesce(h.listed_parties, p.upstream_party, h.upstream_party, o.party, h.ledger_party, '—'),
            'ledger_party': coalesce(p.ledger_party, h.ledger_party, '—'),
            'upstream_total': coalesce(money_text(upstream_money), '—'),
            'ledger_total': coalesce(money_text(ledger_money), '—'),
            'ledger_tax': coalesce(money_text(ledger_tax), '—'),
            'upstream_tax': coalesce(money_text(upstream_tax), '—'),
            'difference': coalesce(money_text(
                CASE WHEN h.cause IN ('within_tolerance', 'split_entries', 'combined_entry')
                     THEN abs(ledger_money - upstream_money) ELSE ledger_money - upstream_money END), '—'),
            'due_on': coalesce(CAST(due_on AS VARCHAR), ''),
            'count': CAST(shown_count AS VARCHAR),
            'other': concat(coalesce(h.listed_other, o.other, '—'), ' (' || o.other_posted_on || ')')
        } AS facts
    FROM work_hinted h
    LEFT JOIN work_other o ON o.item_id = h.item_id
    LEFT JOIN work_party p ON p.item_id = h.item_id
),
worded AS (
    SELECT
        f.*, c.verdict, coalesce(ours.zh, s.zh) AS zh, coalesce(ours.en, s.en) AS en, r.zh AS repaired_zh, r.en AS repaired_en,
        o.zh AS opinion_zh, o.en AS opinion_en,
        -- Who follows a repaired number follows a guess, whatever is found at its end.
        CASE WHEN starts_with(r.key, 'repaired') THEN 'likely' ELSE c.basis END AS basis,
        {'why': coalesce(w.zh, ''), 'hint': coalesce(hint.zh, ''), 'money': coalesce(m.zh, ''),
         'more': coalesce(more.zh, '')} AS words_zh,
        {'why': coalesce(w.en, ''), 'hint': coalesce(hint.en, ''), 'money': coalesce(m.en, ''),
         'more': coalesce(more.en, '')} AS words_en
    FROM filled f
    JOIN work_cause c ON c.cause = f.cause
    JOIN work_sentence s ON s.key = f.sentence_key
    -- What we issued ourselves asks for something else.
    LEFT JOIN work_sentence ours ON ours.key = f.output_key
    LEFT JOIN work_sentence w ON w.key = 'why.' || f.why_not
    LEFT JOIN work_sentence hint ON hint.key = f.hint_key
    LEFT JOIN work_sentence m ON m.key = f.money_key
    LEFT JOIN work_sentence more ON more.key = f.more_key
    LEFT JOIN work_sentence r ON r.key = f.repair_key
    LEFT JOIN work_second_opinion o ON o.item_id = f.asked_item_id
)
SELECT
    item_id, taxpayer_id, direction, verdict, cause, rule, basis, is_impossible, candidates, why_not, differing_fields,
    upstream_total, ledger_total, CASE WHEN n_upstream > 0 AND n_ledger > 0 THEN difference END AS difference, due_on,
    concat(fill_sentence(zh, facts, words_zh), fill_sentence(repaired_zh, facts, words_zh), opinion_zh)
        AS explanation_zh,
    concat(fill_sentence(en, facts, words_en), fill_sentence(repaired_en, facts, words_en), opinion_en)
        AS explanation_en
FROM worded;
