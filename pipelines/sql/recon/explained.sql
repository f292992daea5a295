-- what: the open items with their sentences, from the templates of reference/sentences.toml
-- grain: work_explained one row per item, worded as it is written; work_other one row per item whose sentence names another record;
--        work_may_reverse one row per item of a reversed invoice that a line without an invoice may reverse; work_issued_anew
--        one row per item of a dead invoice that another one may stand for;
--        work_differing one row per item of which party or day differ; work_lacking_day one row per item of which no day is known;
--        work_wording one row per sentence, direction and sign
-- inputs: work_hinted, work_sentence, work_cause, work_open_upstream, work_open_ledger, work_claim, work_node,
--         work_similar, work_second, work_surplus, work_link, work_unpaired_blue, work_second_opinion, work_span, work_day,
--         work_booked_again
-- parameters: $lookback_days

CREATE OR REPLACE TEMP TABLE work_other AS
WITH first_line AS (
    SELECT
        k.upstream_id,
        list_shown(list(DISTINCT shown_voucher(l.voucher_no, l.posted_on))) AS voucher,
        min(l.posted_on) AS posted_on
    FROM work_link k
    JOIN work_open_ledger l ON l.record_id = k.ledger_id
    WHERE k.upstream_id IN (SELECT first_id FROM work_surplus WHERE side = 'ledger')
    GROUP BY k.upstream_id
),
candidate AS (
    SELECT
        item_id, n_upstream = 0 AS is_invoice, unnest(candidates[:least(n_candidates, 3)]) AS record_id,
        generate_subscripts(candidates[:least(n_candidates, 3)], 1) AS place
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
            list(CASE WHEN c.is_invoice THEN i.shown ELSE shown_voucher(l.voucher_no, l.posted_on) END
                 ORDER BY c.place), '、'
        ) AS shown
    FROM candidate c
    LEFT JOIN invoice i ON i.record_id = c.record_id
    LEFT JOIN work_open_ledger l ON l.record_id = c.record_id
    GROUP BY c.item_id
)
SELECT
    h.item_id, CASE WHEN b.item_id IS NULL THEN shown_number(up.code, up.number) ELSE c.shown END AS number,
    coalesce(up.party_name, up.party_id) AS party,
    coalesce(f.voucher, b.voucher, c.shown, h.unlisted) AS other,
    -- Vouchers are numbered anew every month.
    CASE WHEN coalesce(f.voucher, b.voucher) = h.voucher AND h.voucher <> CAST(h.posted_on AS VARCHAR)
         THEN coalesce(f.posted_on, b.posted_on) END AS other_posted_on,
    coalesce(f.posted_on > h.posted_on, FALSE) AS is_later
FROM work_hinted h
LEFT JOIN first_line f ON f.upstream_id = h.booked_first_id
LEFT JOIN work_booked_again b ON b.item_id = h.item_id
LEFT JOIN work_open_upstream up ON up.record_id = h.booked_first_id
LEFT JOIN considered c ON c.item_id = h.item_id
WHERE h.cause = 'booked_twice' OR h.n_candidates > 0 OR h.unlisted IS NOT NULL;

-- The red letter of a reversed invoice may be on the books already, not linked to anything. Lines of one party and sum are one
-- group: two lists meet, however often it recurs.
CREATE OR REPLACE TEMP TABLE work_may_reverse AS
WITH reversed AS (
    SELECT item_id, taxpayer_id, direction, ledger_money FROM work_hinted
    WHERE sentence_key IN ('dead_invoice_booked.reversed', 'dead_invoice_booked.partly')
),
blue AS (
    SELECT DISTINCT r.*, unnest([u.party_hash, u.name_hash]) AS party
    FROM reversed r
    JOIN work_node n ON n.item_id = r.item_id AND n.side = 'upstream'
    JOIN work_open_upstream u ON u.record_id = n.record_id AND NOT u.is_red
),
alone AS (SELECT item_id FROM work_hinted WHERE n_upstream = 0 AND cause <> 'booked_twice' AND ledger_total < 0),
reversal AS (
    SELECT DISTINCT
        l.taxpayer_id, l.direction, -coalesce(l.line_total, l.line_amount) AS ledger_money,
        unnest([l.party_hash, l.name_hash]) AS party, shown_voucher(l.voucher_no, l.posted_on) AS voucher
    FROM work_node n
    SEMI JOIN alone a ON a.item_id = n.item_id
    JOIN work_open_ledger l ON n.side = 'ledger' AND l.record_id = n.record_id
),
of_party AS (
    SELECT taxpayer_id, direction, ledger_money, party, list_shown(list(voucher)) AS voucher FROM reversal GROUP BY ALL
)
SELECT b.item_id, min(r.voucher) AS voucher
FROM blue b
JOIN of_party r USING (taxpayer_id, direction, ledger_money, party)
GROUP BY b.item_id;

-- What is dead may have been issued anew: within three days, to the same party, for the same money, and is not booked.
-- Joined before its money is compared, as a table of its own: else DuckDB joins by the money first.
CREATE OR REPLACE TEMP TABLE work_dead_booked AS
SELECT
    h.item_id, h.ledger_total, u.taxpayer_id, u.direction, u.total_cny, u.issued_on, u.is_red, u.party_hash, u.name_hash
FROM work_hinted h
JOIN work_node n ON n.item_id = h.item_id AND n.side = 'upstream'
JOIN work_open_upstream u ON u.record_id = n.record_id
WHERE h.sentence_key IN ('dead_invoice_booked.void', 'dead_invoice_booked.reversed');

CREATE OR REPLACE TEMP TABLE work_issued_anew AS
WITH dead AS (
    SELECT
        item_id, taxpayer_id, direction, total_cny, [party_hash, name_hash] AS parties,
        unnest([issued_on, issued_on + 1, issued_on + 2, issued_on + 3]) AS day
    FROM work_dead_booked
    WHERE NOT is_red AND total_cny = ledger_total
),
-- The few of that money first: all others are not even joined.
of_money AS (
    SELECT record_id, taxpayer_id, direction, total_cny, issued_on, party_hash, name_hash, code, number
    FROM work_open_upstream
    WHERE total_cny IN (SELECT total_cny FROM dead) AND status IN ('normal', 'red_partial')
),
anew AS (
    SELECT
        u.taxpayer_id, u.direction, u.total_cny, u.issued_on, unnest([u.party_hash, u.name_hash]) AS party,
        shown_number(u.code, u.number) AS number
    FROM of_money u
    JOIN work_node n ON n.side = 'upstream' AND n.record_id = u.record_id
    JOIN work_hinted h ON h.item_id = n.item_id
    WHERE h.cause IN ('not_booked', 'booking_lag')
),
of_day AS (
    SELECT taxpayer_id, direction, total_cny, party, issued_on, min(number) AS number FROM anew GROUP BY ALL
)
SELECT d.item_id, min(a.number) AS number
FROM (SELECT item_id, taxpayer_id, direction, total_cny, day, unnest(parties) AS party FROM dead) d
JOIN of_day a
  ON a.taxpayer_id = d.taxpayer_id AND a.direction = d.direction AND a.total_cny = d.total_cny AND a.party = d.party
 AND a.issued_on = d.day
GROUP BY d.item_id;

-- Of several lines those that differ: a finding about one of them is not told of the others. The first party is named; a tax id is
-- told where it is the tax ids that differ.
CREATE OR REPLACE TEMP TABLE work_differing AS
WITH pair AS (
    SELECT
        h.item_id, h.cause, h.n_upstream > 1 AND h.listed_other IS NULL AS is_of_several,
        (l.posted_on, l.record_id, u.issued_on, u.record_id) AS place,
        concat_ws(' ', l.party_name, CASE WHEN NOT name_agrees(l.party_id, u.party_id) THEN trim(l.party_id) END) AS ledger_party,
        concat_ws(' ', u.party_name, CASE WHEN NOT name_agrees(l.party_id, u.party_id) THEN trim(u.party_id) END) AS upstream_party,
        shown_voucher(l.voucher_no, l.posted_on) AS voucher, l.invoice_date, u.issued_on,
        shown_number(u.code, u.number) AS number, u.total_cny,
        party_differs(l.party_id, l.party_name, u.party_id, u.party_name) AS is_other_party,
        coalesce(l.invoice_date <> u.issued_on, FALSE) AS is_other_day,
        CASE h.cause WHEN 'party_differs' THEN is_other_party WHEN 'date_differs' THEN is_other_day ELSE FALSE END AS is_told
    FROM work_hinted h
    JOIN work_node n ON n.item_id = h.item_id AND n.side = 'ledger'
    JOIN work_link k ON k.ledger_id = n.record_id
    JOIN work_open_ledger l ON l.record_id = k.ledger_id
    JOIN work_open_upstream u ON u.record_id = k.upstream_id
    WHERE h.cause IN ('party_differs', 'date_differs') OR h.also_key IS NOT NULL
)
SELECT
    item_id,
    arg_min(ledger_party, place) FILTER (is_other_party) AS ledger_party,
    arg_min(upstream_party, place) FILTER (is_other_party AND is_told) AS upstream_party,
    list_shown(list(DISTINCT CAST(invoice_date AS VARCHAR)) FILTER (is_other_day)) AS ledger_date,
    arg_min(issued_on, place) FILTER (is_other_day AND is_told) AS issued_on,
    list_shown(list(DISTINCT voucher) FILTER (is_told)) AS voucher,
    arg_min(number, place) FILTER (is_told AND is_of_several) AS number,
    arg_min(total_cny, place) FILTER (is_told AND is_of_several) AS upstream_money
FROM pair
GROUP BY item_id;

-- The first day to export again, of those that a line without a day may be of.
CREATE OR REPLACE TEMP TABLE work_lacking_day AS
SELECT h.item_id, CAST(coalesce(d.next_lacking, s.last_day + 1) AS VARCHAR) AS day
FROM work_hinted h
JOIN work_span s ON s.taxpayer_id = h.taxpayer_id AND s.direction = h.direction
JOIN work_day d
  ON d.taxpayer_id = h.taxpayer_id AND d.direction = h.direction
 AND d.day = CAST(greatest(h.posted_on - to_days($lookback_days), s.first_day) AS DATE)
WHERE h.sentence_key = 'upstream_gap.undated' AND coalesce(d.next_lacking, s.last_day + 1) <= h.posted_on;

-- What we issued ourselves asks for something else, and so does a red letter.
CREATE OR REPLACE TEMP TABLE work_wording AS
WITH variant AS (
    SELECT
        *, concat(key, CASE WHEN is_red THEN '.red' END, CASE direction WHEN 'output' THEN '.output' END) AS own_key,
        concat(key, CASE direction WHEN 'output' THEN '.output' END) AS blue_key
    FROM (SELECT *, unnest(['input', 'output']) AS direction FROM (SELECT *, unnest([FALSE, TRUE]) AS is_red FROM work_sentence))
)
SELECT
    v.key AS sentence_key, direction, is_red,
    coalesce(own.zh, blue.zh, v.zh) AS zh, coalesce(own.en, blue.en, v.en) AS en
FROM variant v
LEFT JOIN work_sentence own ON own.key = v.own_key
LEFT JOIN work_sentence blue ON blue.key = v.blue_key;

CREATE OR REPLACE TEMP VIEW work_explained AS
WITH filled AS (
    SELECT
        h.* REPLACE (CASE WHEN y.day IS NOT NULL THEN 'hint.lacking_day' ELSE h.hint_key END AS hint_key,
                     CASE WHEN v.item_id IS NOT NULL THEN 'dead_invoice_booked.open'
                          WHEN w.item_id IS NOT NULL THEN 'dead_invoice_booked.anew'
                          WHEN h.sentence_key = 'booked_twice' AND o.is_later THEN 'booked_twice.before'
                          ELSE h.sentence_key END AS sentence_key),
        {
            'number': coalesce(h.listed_numbers, d.number, shown_number(code, h.number), o.number, ''),
            'reference': coalesce(shortened_text(trim(translate(reference, chr(9) || chr(10) || chr(13), '   '))), '—'),
            'voucher': concat(coalesce(d.voucher, h.voucher),
                              ' (' || CASE WHEN o.other_posted_on IS NOT NULL THEN posted_on END || ')'),
            'posted_on': coalesce(CAST(posted_on AS VARCHAR), ''),
            'issued_on': coalesce(CAST(coalesce(d.issued_on, h.issued_on) AS VARCHAR), ''),
            'ledger_date': coalesce(d.ledger_date, CAST(invoice_date AS VARCHAR), y.day, ''),
            'party': coalesce(h.listed_parties, d.upstream_party, h.upstream_party, o.party, h.ledger_party, '—'),
            'ledger_party': coalesce(d.ledger_party, h.ledger_party, '—'),
            'upstream_total': coalesce(money_text(coalesce(d.upstream_money, h.upstream_money)), '—'),
            'ledger_total': coalesce(money_text(ledger_money), '—'),
            'ledger_tax': coalesce(money_text(ledger_tax), '—'),
            'upstream_tax': coalesce(money_text(upstream_tax), '—'),
            'difference': coalesce(money_text(
                CASE WHEN h.cause IN ('within_tolerance', 'split_entries', 'combined_entry')
                     THEN abs(ledger_money - h.upstream_money) ELSE ledger_money - h.upstream_money END), '—'),
            'due_on': coalesce(CAST(due_on AS VARCHAR), ''),
            'count': CAST(shown_count AS VARCHAR),
            'other': concat(coalesce(h.listed_other, o.other, v.voucher, w.number, '—'), ' (' || o.other_posted_on || ')')
        } AS facts
    FROM work_hinted h
    LEFT JOIN work_other o ON o.item_id = h.item_id
    LEFT JOIN work_differing d ON d.item_id = h.item_id
    LEFT JOIN work_lacking_day y ON y.item_id = h.item_id
    LEFT JOIN work_may_reverse v ON v.item_id = h.item_id
    LEFT JOIN work_issued_anew w ON w.item_id = h.item_id
),
worded AS (
    SELECT
        f.*, c.verdict, s.zh, s.en, r.zh AS repaired_zh, r.en AS repaired_en, also.zh AS also_zh, also.en AS also_en,
        o.zh AS opinion_zh, o.en AS opinion_en, hint.zh AS hint_zh, hint.en AS hint_en,
        -- Who follows a repaired number follows a guess, whatever is found at its end.
        CASE WHEN starts_with(r.key, 'repaired') THEN 'likely' ELSE c.basis END AS basis,
        {'why': coalesce(w.zh, ''), 'hint': '', 'money': coalesce(m.zh, ''),
         'more': coalesce(more.zh, '')} AS words_zh,
        {'why': coalesce(w.en, ''), 'hint': '', 'money': coalesce(m.en, ''),
         'more': coalesce(more.en, '')} AS words_en
    FROM filled f
    JOIN work_cause c ON c.cause = f.cause
    JOIN work_wording s ON s.sentence_key = f.sentence_key AND s.direction = f.direction AND s.is_red = f.is_red
    LEFT JOIN work_sentence w ON w.key = f.why_key
    LEFT JOIN work_sentence hint ON hint.key = f.hint_key
    LEFT JOIN work_sentence m ON m.key = f.money_key
    LEFT JOIN work_sentence more ON more.key = f.more_key
    LEFT JOIN work_sentence r ON r.key = f.repair_key
    LEFT JOIN work_sentence also ON also.key = f.also_key
    LEFT JOIN work_second_opinion o ON o.item_id = f.asked_item_id
),
-- A hint names things itself.
hinted AS (
    SELECT * REPLACE (
        struct_update(words_zh, hint := coalesce(fill_sentence(hint_zh, facts, words_zh), '')) AS words_zh,
        struct_update(words_en, hint := coalesce(fill_sentence(hint_en, facts, words_en), '')) AS words_en
    )
    FROM worded
)
SELECT
    item_id, taxpayer_id, direction, verdict, cause, rule, basis, is_doubtful, candidates, why_not, differing_fields,
    upstream_total, ledger_total, CASE WHEN n_upstream > 0 AND n_ledger > 0 THEN difference END AS difference, due_on,
    concat(fill_sentence(zh, facts, words_zh), fill_sentence(also_zh, facts, words_zh),
           fill_sentence(repaired_zh, facts, words_zh), opinion_zh) AS explanation_zh,
    concat(fill_sentence(en, facts, words_en), fill_sentence(also_en, facts, words_en),
           fill_sentence(repaired_en, facts, words_en), opinion_en) AS explanation_en
FROM hinted;
