-- what: scalar macros of reconciling: comparing parties, printing money, reading references
-- grain: none
-- inputs: none
-- parameters: none

-- Names and tax ids differ in style only (width of brackets, letters and digits, blanks): compare them without it. NULL stays
-- NULL; of nothing but blanks '' is left. It is cheap to see that a text is plain as it is, as most are, or but for its
-- brackets, as most others are; and DuckDB asks regexp_full_match of each text of a dictionary once. Last, translate drops what
-- has no counterpart: the blanks, and the quotes that a spreadsheet puts around texts. No nullif stands in here: it names its
-- argument twice, and what stands twice DuckDB works out beforehand, for every row, whatever the branch.
CREATE OR REPLACE TEMP MACRO plain_text(name) AS
    CASE WHEN regexp_full_match(name, '[\x{4E00}-\x{9FFF}A-Z0-9().,&-]+') THEN name
         WHEN name IS NULL THEN NULL
         WHEN regexp_full_match(name, '[\x{4E00}-\x{9FFF}A-Z0-9().,&（）-]+') THEN translate(name, '（）', '()')
         ELSE translate(upper(name),
             '（）．，＆－ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ０１２３４５６７８９ '
             || chr(12288) || chr(160) || chr(9) || chr(10) || chr(13) || chr(8203) || chr(8204) || chr(8205) || chr(65279)
             || '"''=`',
             '().,&-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789') END;

-- What a name or a tax id says of a party: the tax portal puts (个人) behind the name of a natural person; words for anybody say
-- nothing, nor do tax bureaus, which issue for sellers that cannot (their ids begin with 11, as those of all state organs).
-- NULL where nothing is left.
CREATE OR REPLACE TEMP MACRO plain_name(name) AS nullif(regexp_replace(plain_text(name),
    '^(个人|个人消费者|消费者|零售|零售客户|零星客户|零散客户|散客|散户|现金客户|国家税务总局.*|11[0-9A-Z]{16})$|\(个人\)$', ''), '');

-- The style of a name is looked at only where the texts differ.
CREATE OR REPLACE TEMP MACRO name_agrees(name_a, name_b) AS
    CASE WHEN name_a = name_b THEN TRUE ELSE plain_name(name_a) = plain_name(name_b) END;

-- TRUE: agree; FALSE: conflict; NULL: nothing to compare. The tax id decides where both sides have it.
CREATE OR REPLACE TEMP MACRO party_agrees(id_a, name_a, id_b, name_b) AS
    CASE WHEN id_a = id_b THEN TRUE ELSE coalesce(name_agrees(id_a, id_b), name_agrees(name_a, name_b)) END;

-- The same by the hashes of ids and names (population.sql).
CREATE OR REPLACE TEMP MACRO party_hash_agrees(id_a, name_a, id_b, name_b) AS coalesce(id_a = id_b, name_a = name_b);

-- TRUE if any of id and name that both sides have differs; never NULL.
CREATE OR REPLACE TEMP MACRO party_differs(id_a, name_a, id_b, name_b) AS
    NOT coalesce(name_agrees(id_a, id_b), TRUE) OR NOT coalesce(name_agrees(name_a, name_b), TRUE);

-- Money as people write it: 1,234,567.80. A DOUBLE prints cents right up to 9e13; beyond, by integers.
CREATE OR REPLACE TEMP MACRO money_text(amount) AS
    CASE WHEN abs(amount) < 10000000000000 THEN format('{:,.2f}', CAST(amount AS DOUBLE))
    ELSE CASE WHEN amount < 0 THEN '-' ELSE '' END
        || format('{:,}', CAST(trunc(abs(amount)) AS BIGINT))
        || '.' || lpad(CAST(CAST((abs(amount) - trunc(abs(amount))) * 100 AS INTEGER) AS VARCHAR), 2, '0') END;

-- An amount without tax as a total, at the rate of its invoice; an invoice of no amount has no rate.
CREATE OR REPLACE TEMP MACRO at_rate_of(amount, invoice_total, invoice_amount) AS
    CASE WHEN invoice_amount = 0 THEN CAST(amount AS DECIMAL(18,2))
         ELSE CAST(round(CAST(amount AS DOUBLE) * CAST(invoice_total AS DOUBLE) / CAST(invoice_amount AS DOUBLE), 2)
              AS DECIMAL(18,2)) END;

-- Half-width letters and digits, no invisible characters, no wrapping of the ="0123" kind, no trailing .0
-- First the plain case: a macro is expanded wherever its argument is used. Then a float that still has all digits: 12345678
-- stands as 1.2345678E7 where a program wrote it (there trailing zeros are left out), 1.2345678E+07 where a spreadsheet did.
CREATE OR REPLACE TEMP MACRO plain_reference(reference) AS
    CASE WHEN regexp_full_match(reference, '[0-9]+') THEN reference
    WHEN regexp_full_match(reference,
        '[0-9]\.(?:[0-9]{1,7}E\+?7|[0-9]{1,8}E8|[0-9]{1,9}E9|[0-9]{1,10}E10|[0-9]{1,11}E11'
        || '|[0-9]{4}E\+04|[0-9]{5}E\+05|[0-9]{6}E\+06|[0-9]{7}E\+07|[0-9]{8}E\+08|[0-9]{9}E\+09|[0-9]{10}E\+10|[0-9]{11}E\+11)')
    THEN CAST(CAST(TRY_CAST(reference AS DOUBLE) AS BIGINT) AS VARCHAR)
    -- Letters that look like digits.
    WHEN regexp_full_match(reference, '[0-9][0-9OoIl]{7}|[0-9][0-9OoIl]{19}') THEN translate(reference, 'OoIl', '0011')
    ELSE trim(regexp_replace(regexp_replace(
        regexp_replace(
            translate(
                -- What cannot be seen stands between two numbers, or within one: beside a whole one it is a blank.
                regexp_replace(regexp_replace(
                    regexp_replace(
                        regexp_replace(reference, '[="''‘’“”`]', '', 'g'),
                        '\b([0-9]{20}|[0-9]{8})(?:[\x{200B}-\x{200F}\x{FEFF}\t]|_x000D_)+', '\1 ', 'g'
                    ),
                    '(?:[\x{200B}-\x{200F}\x{FEFF}\t]|_x000D_)+([0-9]{20}|[0-9]{8})\b', ' \1', 'g'),
                    '[\x{200B}-\x{200F}\x{FEFF}\t]|_x000D_', '', 'g'
                ),
                '０１２３４５６７８９ＥｅＮｏ．＋－–‐‑‒―−…／～〜∼→＼｜，；：（）　', '0123456789EeNo.+-------~/~~~~/|,;:() '
            ),
            '\x{00A0}', ' ', 'g'
        ),
        '^([^0-9]*[0-9]+)\.0+\s*$', '\1'
    ), '\.\.+', '~', 'g')) END;

-- The digits of a number that a spreadsheet turned into a float, whatever words stand around it ('2.4442E+19' -> '24442'),
-- and the number that it shows; NULL if it is none.
CREATE OR REPLACE TEMP MACRO float_text(plain) AS
    regexp_extract(plain, '^[^0-9]*([0-9](?:\.[0-9]+)?\s*[eE]\s*\+?\s*[0-9]{1,2})[^0-9]*$', 1);
CREATE OR REPLACE TEMP MACRO float_digits(plain) AS nullif(regexp_replace(float_text(plain), '[eE].*$|[.\s]', '', 'g'), '');
CREATE OR REPLACE TEMP MACRO float_value(plain) AS
    try_cast(regexp_replace(float_text(plain), '\s', '', 'g') AS HUGEINT);

-- Digits of a number that a spreadsheet rounded: from the 16th on zeros. Most texts end otherwise, which is cheap to see. Eight
-- zeros behind a code were typed.
CREATE OR REPLACE TEMP MACRO is_rounded_number(digits) AS
    CASE WHEN ends_with(digits, '000')
         THEN regexp_full_match(digits, '[0-9]{15,17}0{3,5}')
              AND NOT regexp_full_match(digits, '(?:[01][0-9]{11}|[0-9]{10,11})0{8}')
         ELSE FALSE END;

-- A number that a spreadsheet has damaged: shown as a float, or rounded to 15 digits and more.
CREATE OR REPLACE TEMP MACRO is_damaged_number(reference) AS
    float_text(plain_reference(reference)) <> ''
    OR is_rounded_number(regexp_replace(reference, '[^0-9]', '', 'g'));

-- Floats among several numbers ('2.61121E+19、26112000000123456789'), and the text without them. One digit stands before the
-- point, and none before that: 'E19' behind a whole number is something else.
CREATE OR REPLACE TEMP MACRO listed_float() AS
    '(^|[^0-9.])([0-9](?:\.[0-9]+\s*[eE]\s*\+?|\s*[eE]\s*\+)\s*[0-9]{1,2})\b';
CREATE OR REPLACE TEMP MACRO listed_floats(plain) AS
    regexp_extract_all(plain, listed_float(), 2);
CREATE OR REPLACE TEMP MACRO without_floats(plain) AS
    regexp_replace(plain, listed_float(), '\1、', 'g');

-- Whether a number may stand as `value` once digits below `step` are gone: some programs cut them off, others round. Before that
-- the number became a float: the nearest one is half of what two floats of that size differ by away, at most value / 2^53.
CREATE OR REPLACE TEMP MACRO is_shown_as(digits, value, step) AS
    coalesce(
        try_cast(digits AS HUGEINT) - value BETWEEN -(step // 2) - (value >> 53) AND step - 1 + (value >> 53), FALSE);

-- 12- and 10-digit codes whose leading zero a spreadsheet dropped.
CREATE OR REPLACE TEMP MACRO padded_code(digits) AS
    CASE length(digits) WHEN 0 THEN NULL WHEN 9 THEN '0' || digits WHEN 11 THEN '0' || digits ELSE digits END;

-- Whether digits can be the code of an invoice (domain.md 3): region and year where codes have them. No invoice is followed that
-- is older than twelve years.
CREATE OR REPLACE TEMP MACRO is_code_of(region, year, as_of) AS
    (right(region, 2) = '00' OR list_contains(getvariable('region_codes'), region))
    AND list_contains(getvariable('region_codes'), left(region, 2))
    AND year BETWEEN strftime(as_of - INTERVAL 12 YEAR, '%y') AND strftime(as_of, '%y');
CREATE OR REPLACE TEMP MACRO is_code(digits, as_of) AS
    CASE WHEN length(padded_code(digits)) = 12 AND starts_with(padded_code(digits), '0')
         THEN is_code_of(substr(padded_code(digits), 2, 4), substr(padded_code(digits), 6, 2), as_of)
         ELSE is_code_of(left(padded_code(digits), 4), substr(padded_code(digits), 5, 2), as_of) END;

-- Fewer digits than nine, or zeros alone, stand for no code.
CREATE OR REPLACE TEMP MACRO plain_code(code) AS
    CASE WHEN regexp_full_match(code, '[0-9]{10}|[0-9]{12}') AND NOT regexp_full_match(code, '0+') THEN code
         WHEN code IS NOT NULL
         THEN nullif(regexp_replace(
             padded_code(regexp_replace(plain_reference(code), '[^0-9]', '', 'g')), '^([0-9]{1,8}|0+)$', ''), '')
    END;

-- An 8-digit number that lost its leading zeros; everything else unchanged.
CREATE OR REPLACE TEMP MACRO padded_number(number) AS
    CASE WHEN strlen(number) < 8 THEN lpad(number, 8, '0') ELSE number END;

-- What the next part of a chain means after the number `last`: as it is if whole, else an ending.
CREATE OR REPLACE TEMP MACRO next_number(last, part, is_carried) AS
    CASE WHEN part.size IN (100000000, 100000000000000000000) OR part.size > last THEN part.numbers[1]
         ELSE last - last % part.size + part.numbers[1]
              -- One digit after a hyphen is rather the number of a part.
              + CASE WHEN is_carried AND part.numbers[1] < last % part.size AND (part.size > 10 OR NOT part.is_range)
                     THEN part.size ELSE 0 END
    END;

-- The numbers of a chain: a whole number, then signs and digits ('12345678', '/79', '--82'). Shorter digits are the ending of the
-- number before them, or with `is_carried` of the first greater one ('12345699/00'); after a hyphen or the like stands the
-- end of a range, or else nothing that could be a number. Once 100 numbers are passed, only the end of a range of whole
-- numbers is kept, and `is_long` says so: none of its numbers may be taken for all of them.
CREATE OR REPLACE TEMP MACRO chain_numbers(chain, is_carried) AS
    list_transform([
        list_reduce(
            [{'numbers': [CAST(regexp_extract(part, '[0-9]+') AS HUGEINT)],
              'size': CAST('1' || repeat('0', length(regexp_extract(part, '[0-9]+'))) AS HUGEINT),
              'is_range': regexp_matches(part, '^\s*[~—至到-]'), 'is_long': FALSE} FOR part IN chain],
            lambda done, part: {
                'numbers': done.numbers || flatten([
                    CASE
                        WHEN NOT part.is_range THEN [next]
                        WHEN next - done.numbers[-1] BETWEEN 1 AND 99 AND len(done.numbers) <= 100
                        THEN [done.numbers[-1] + n FOR n IN range(1, CAST(next - done.numbers[-1] AS BIGINT) + 1)]
                        -- The last one first.
                        WHEN part.size = done.size AND done.numbers[-1] - next BETWEEN 1 AND 99 AND len(done.numbers) <= 100
                        THEN [next + n FOR n IN range(0, CAST(done.numbers[-1] - next AS BIGINT))]
                        WHEN part.size IN (100000000, 100000000000000000000) AND next > 0 THEN [next]
                        ELSE []
                    END
                    FOR next IN [next_number(done.numbers[-1], part, is_carried)]
                ]),
                'size': part.size, 'is_range': part.is_range,
                'is_long': done.is_long OR (part.is_range AND (
                    (part.size > 100 AND next_number(done.numbers[-1], part, FALSE) - done.numbers[-1] > 99)
                    OR (len(done.numbers) > 100
                        AND next_number(done.numbers[-1], part, is_carried) - done.numbers[-1] BETWEEN 1 AND 99)
                ))
            }
        )],
        lambda done: {
            'numbers': list_sort(list_distinct(list_transform(done.numbers, lambda n: padded_number(CAST(n AS VARCHAR))))),
            'is_long': done.is_long
        }
    )[1];

-- A text that somebody typed, as far as a sentence can bear it.
CREATE OR REPLACE TEMP MACRO shortened_text(text) AS CASE WHEN length(text) > 200 THEN left(text, 200) || ' …' ELSE text END;

-- A voucher as people cite it: its number, or the day of the posting where it has none.
CREATE OR REPLACE TEMP MACRO shown_voucher(voucher_no, posted_on) AS coalesce(nullif(trim(voucher_no), ''), CAST(posted_on AS VARCHAR));

-- Each once, in the order in which they stand.
CREATE OR REPLACE TEMP MACRO each_once(texts) AS list_filter(texts, lambda text, place: list_position(texts, text) = place);

-- An invoice as people cite it: 20 digits, or code and number.
CREATE OR REPLACE TEMP MACRO shown_number(code, number) AS
    CASE WHEN strlen(number) = 8 AND code IS NOT NULL THEN code || '-' || number ELSE number END;

-- Up to four of several, in order, and whether there are more; NULL for none.
CREATE OR REPLACE TEMP MACRO list_shown(texts) AS
    nullif(concat(array_to_string(list_sort(texts)[:4], '、'), CASE WHEN len(texts) > 4 THEN ' …' END), '');

-- A sentence with its places filled: {0} to {15} are the facts of work_explained in this order, {16} to {19} words of its
-- language. NULL without a template.
CREATE OR REPLACE TEMP MACRO fill_sentence(template, facts, words) AS
    format(template, facts.number, facts.reference, facts.voucher, facts.posted_on, facts.issued_on, facts.ledger_date,
           facts.party, facts.ledger_party, facts.upstream_total, facts.ledger_total, facts.ledger_tax,
           facts.upstream_tax, facts.difference, facts.due_on, facts.count, facts.other, words.why, words.hint,
           words.money, words.more);

-- Eight digits that are rather a day than a number.
CREATE OR REPLACE TEMP MACRO is_day(digits) AS regexp_full_match(digits, '20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])');

-- A text that is the number of a voucher ('记-0126', '记字第0126号', '2026年8月银付-12'): such a word, and up to seven digits in a row.
CREATE OR REPLACE TEMP MACRO is_voucher_text(plain) AS
    regexp_full_match(plain,
        '(?:[0-9]{1,4}[年月日./\s-]+|20[0-9]{4})*[记收付转银现凭会]'
        || '(?:[记收付转银现账款金行凭证会计字第号编年月日和\s、,;/#:.~-]|\b[0-9]{1,7}\b)*');

-- The confirmation (红字信息确认单, before it 信息表) by which a red letter is issued, with its number.
CREATE OR REPLACE TEMP MACRO confirmation() AS '(?:确认单|信息表)(?:编?号码?)?\s*[:：]?\s*([0-9]{16,20})(?:[、,;/][0-9]{16,20})*\b';

-- Whether a line says itself that it has no invoice: revenue that was not invoiced, a purchase whose invoice is to come.
CREATE OR REPLACE TEMP MACRO says_no_invoice(direction, text) AS
    CASE direction WHEN 'output' THEN regexp_matches(text, '未开具?发?票|[无没]有?发?票|[待不]开发?票')
                   ELSE regexp_matches(text, '[无没未](?:有|到|收到|取得|开|开具)?发?票|票[未没]到|[后待]补发?票|待票|暂估') END;

-- What a text of several runs of digits says of numbers. First what stands beside them goes: the day, the amount, the quantity,
-- the party's tax id, a telephone number, a confirmation, what a red letter reverses, the place in a list ('1.'); of the text
-- that is scanned from an invoice's QR code only its code and number stay. Then a code that is run together with its number gets a blank, groups of four digits become
-- one number, and the words and signs that people put between two numbers become two of them: '、' and '~'.
CREATE OR REPLACE TEMP MACRO without_days(plain) AS
    regexp_replace(regexp_replace(plain,
        '^01,[0-9]{2},([0-9]*),([0-9]{8}|[0-9]{20}),.*', '\1 \2'),
        '\b20[0-9]{2}\s*[-/.年]\s*[0-9]{1,2}\s*[-/.月]\s*[0-9]{1,2}\b(?:\s*日)?'
        || '|\b(?:20)?[0-9]{2}年(?:[0-9]{1,2}月?)?(?:[0-9]{1,2}日)?|\b[0-9]{1,2}月份?(?:[0-9]{1,2}[日号]?)?', ' ', 'g');
CREATE OR REPLACE TEMP MACRO without_amounts(plain) AS
    regexp_replace(regexp_replace(regexp_replace(plain,
        '\b([0-9]{8}|[0-9]{20})\.0+\b', '\1', 'g'),
        '\((?:红?冲|对应)[^()]*\)|' || confirmation() || '|'
        || '\b[0-9]{8,}[A-Z][0-9A-Z]{5,}\b|(?:电话|手机|[Tt][Ee][Ll])[:. ]*[0-9-]+|\b0[0-9]{2,3}-[0-9]{7,8}\b', ' ', 'g'),
        '\b(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,7})\.[0-9]{2}\b(?:\s*元)?|\b[0-9]{1,7}(?:\.[0-9]+)?\s*(?:元|%|％|个点)'
        || '|\b[0-9]{1,4}\s*(?:张|份|台|件|个|批|期|笔|次|套|箱|吨)', ' ', 'g');
CREATE OR REPLACE TEMP MACRO without_places(plain) AS
    CASE WHEN regexp_matches(plain, '^\(?1[、:]\s*[0-9]{8}')
         THEN regexp_replace(plain, '(^|[\s,;])\(?[0-9]{1,2}[、:]\s*([0-9]{8})', '\1\2', 'g')
         ELSE regexp_replace(plain, '(^|[\s,;、])\(?[0-9]{1,2}[.)]\s*([0-9]{8})', '\1\2', 'g') END;
CREATE OR REPLACE TEMP MACRO with_numbers_whole(plain) AS
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(plain,
        '(^|[^0-9])(0[1-6][0-9]{3}[12][0-9]{6}|1[1-5][0-9]{2}[12][0-9]{7})([0-9]{8})\b', '\1\2 \3', 'g'),
        '(^|[^0-9])((?:[1-6][0-9]00|2102|3[357]02|4403)[12][0-9]{5})([0-9]{8})\b', '\1\2 \3', 'g'),
        '\b([0-9]{4}) ([0-9]{4}) ([0-9]{4}) ([0-9]{4}) ([0-9]{4})\b', '\1\2\3\4\5', 'g'),
        '\b([0-9]{4}) ([0-9]{4})\b', '\1\2', 'g');
CREATE OR REPLACE TEMP MACRO with_plain_signs(plain) AS
    regexp_replace(regexp_replace(regexp_replace(plain,
        '([0-9])[\s#＃号码起]*(?:[~—-]|至|到|起|to)\s*(?:[Nn][Oo][.:]?|发票号?码?|号码?|[#＃])?\s*([0-9])', '\1~\2', 'g'),
        '([0-9])[\s#＃号码]*(?:[和及与\\|]|以及)\s*([0-9])', '\1、\2', 'g'),
        '([0-9])号?码?\s*\(([0-9]{1,7}(?:\s*[、,/]\s*[0-9]{1,7})+)\)|([0-9])(?:号码?|[#＃])([、,;/])', '\1\3、\2\4', 'g');
CREATE OR REPLACE TEMP MACRO number_text(plain) AS
    CASE WHEN regexp_full_match(plain, '[^0-9]*[0-9]*[^0-9]*') THEN plain
         -- Groups of digits, of which one may have a digit too many or too few.
         WHEN regexp_full_match(plain, '[0-9]{1,5}(?: [0-9]{1,5}){3,5}') AND length(replace(plain, ' ', '')) BETWEEN 19 AND 21
         THEN replace(plain, ' ', '')
         ELSE list_transform(
             [with_plain_signs(with_numbers_whole(without_places(without_amounts(without_days(plain)))))],
             lambda kept: CASE WHEN regexp_matches(kept, '[0-9]') THEN kept ELSE plain END
         )[1] END;

-- Whether all digits of a text stand beside numbers. What a red letter reverses is a number, in brackets or not.
CREATE OR REPLACE TEMP MACRO has_no_number(plain) AS
    NOT regexp_matches(without_amounts(without_days(translate(plain, '()', '  '))), '[0-9]');

-- The codes of a column that holds one for each number of a list; NULL if it does not.
CREATE OR REPLACE TEMP MACRO listed_codes(code) AS
    CASE WHEN regexp_matches(code, '[0-9]{9,12}[^0-9]+[0-9]{9,12}')
         THEN list_transform(regexp_extract_all(plain_reference(code), '[0-9]{9,12}'), lambda t: padded_code(t)) END;

-- Each code with its number: as many of the one as of the other, in their order.
CREATE OR REPLACE TEMP MACRO coded_text(codes, reference) AS
    list_transform(
        [regexp_extract_all(plain_reference(reference), '[0-9]+')],
        lambda numbers: CASE WHEN len(numbers) = len(codes)
                             THEN array_to_string([codes[n] || ' ' || padded_number(numbers[n]) FOR n IN range(1, len(codes) + 1)], '、')
                             ELSE plain_reference(reference) END
    )[1];

-- The numbers of a text that has several codes, each behind its code: the last one in front of the number, or the next one behind it.
-- Shorter digits are the ending of the number before them; 20 digits stand for themselves.
CREATE OR REPLACE TEMP MACRO coded_numbers(tokens, codes, is_code_behind) AS
    flatten([
        [CASE length(tokens[whole])
             WHEN 8 THEN coalesce(padded_code(
                 CASE WHEN is_code_behind THEN list_filter(tokens[whole:], lambda t: list_contains(codes, t))[1]
                      ELSE list_filter(tokens[:whole], lambda t: list_contains(codes, t))[-1] END), '')
             ELSE '' END || left(tokens[whole], length(tokens[whole]) - length(tokens[n])) || tokens[n]
         FOR whole IN [list_max([place FOR place IN range(1, n + 1) IF length(tokens[place]) IN (8, 20)])] IF whole IS NOT NULL]
        FOR n IN range(1, len(tokens) + 1) IF length(tokens[n]) <= 8 OR length(tokens[n]) = 20
    ]);

-- What a pair is cleared by, as 64 bits: 20 digits, or a shorter number and its code.
CREATE OR REPLACE TEMP MACRO clearing_key(taxpayer_id, direction, number, code) AS
    hash(taxpayer_id, direction, number, CASE WHEN strlen(number) <> 20 THEN code END);

-- By which rule the pairs are linked that are cleared at once; `number` is as people cite it.
CREATE OR REPLACE TEMP MACRO cleared_rule(is_short, number) AS
    CASE WHEN NOT is_short THEN 'exact_key' WHEN length(number) = 20 THEN 'last_8' ELSE 'without_code' END;

-- A number as 64 bits that share nothing with those of clearing_key: of the same text read from its end.
CREATE OR REPLACE TEMP MACRO number_check(number) AS hash(reverse(number));

-- A text as 64 bits, NULL for none.
CREATE OR REPLACE TEMP MACRO text_hash(value) AS nullif(hash(value), hash(NULL::VARCHAR));

-- A party's tax id without its style, and what its id and its name say, as 64 bits; NULL for none and for blanks. The last one is
-- for names that may have their key already: only where they have none are they looked at.
CREATE OR REPLACE TEMP MACRO party_key(id) AS nullif(text_hash(plain_text(id)), hash(''));
CREATE OR REPLACE TEMP MACRO said_party_key(id) AS text_hash(plain_name(id));
CREATE OR REPLACE TEMP MACRO name_key(name) AS text_hash(plain_name(name));
CREATE OR REPLACE TEMP MACRO name_key_unless(known_key, name) AS
    nullif(coalesce(known_key, hash(plain_name(name))), hash(NULL::VARCHAR));

-- A company's purchases or sales as 64 bits.
CREATE OR REPLACE TEMP MACRO company_key(taxpayer_id, direction) AS hash(taxpayer_id, direction);

-- What a line of a company can cite an invoice by: its last 8 digits, which the whole number ends with too.
CREATE OR REPLACE TEMP MACRO tail_key(company_key, number) AS
    hash(company_key, CASE WHEN strlen(number) = 20 THEN substr(number, 13) ELSE right(number, 8) END);

-- What a field of 16 to 18 characters keeps of 20 digits, if they can begin so at all: without a code, a year and a region
-- first. They are found by the first 16.
CREATE OR REPLACE TEMP MACRO is_front(number, code, as_of) AS
    length(number) BETWEEN 16 AND 18 AND code IS NULL AND left(number, 2) BETWEEN '21' AND strftime(as_of, '%y')
    AND substr(number, 3, 2) BETWEEN '11' AND '95';
CREATE OR REPLACE TEMP MACRO front_key(number) AS hash('front', left(number, 16));

-- Whether an invoice may be that of a line without a day: issued in the window before its posting, or a few days after it.
CREATE OR REPLACE TEMP MACRO is_in_window(issued_on, posted_on, window_days) AS
    issued_on BETWEEN posted_on - to_days(window_days) AND posted_on + INTERVAL 3 DAY;

-- Money by steps as wide as the tolerance: what is within it of each other is at most one step apart.
CREATE OR REPLACE TEMP MACRO money_step(money, tolerance) AS
    CAST(100 * money AS BIGINT) // greatest(CAST(100 * tolerance AS BIGINT), 1);

-- The lane of lines and invoices that are compared one by one: one sum of a company, and its day, its party or both.
CREATE OR REPLACE TEMP MACRO money_key(company_key, money_kind, money) AS
    hash(company_key, money_kind, CAST(money AS DECIMAL(18,2)));
CREATE OR REPLACE TEMP MACRO lane_key(money_key, lane, value) AS
    CASE WHEN value IS NOT NULL THEN hash(money_key, lane, value) END;

-- The front or the back of a number within a lane, as 64 bits. One wrong, swapped, missing or additional digit leaves one of
-- the two as it was: no digit belongs to both, and one stands between them. The back is short, for in front the numbers of
-- one seller are all alike.
CREATE OR REPLACE TEMP MACRO number_half(lane_key, part, number) AS
    hash(lane_key, part, CASE part WHEN 'back' THEN right(number, 3)
                                   ELSE left(number, CASE WHEN length(number) < 19 THEN 4 ELSE 16 END) END);

-- A number without its n-th digit, the number itself for 0, as 64 bits; NULL where there is no such digit.
CREATE OR REPLACE TEMP MACRO shortened(number, n) AS
    CASE WHEN n = 0 THEN hash(number)
         WHEN n <= length(number) THEN hash(left(number, n - 1) || substr(number, n + 1)) END;
