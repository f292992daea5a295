-- what: scalar macros of reconciling: comparing parties, printing money, reading references
-- grain: none
-- inputs: none
-- parameters: none

-- Names differ in style only (width of brackets and letters, blanks): compare them without it. NULL stays NULL.
CREATE OR REPLACE TEMP MACRO plain_name(name) AS
    nullif(upper(translate(regexp_replace(name, '[\s\x{3000}]', '', 'g'), '（）．，＆－', '().,&-')), '');

-- TRUE: agree; FALSE: conflict; NULL: nothing to compare. The tax id decides where both sides have it.
CREATE OR REPLACE TEMP MACRO party_agrees(id_a, name_a, id_b, name_b) AS
    coalesce(upper(id_a) = upper(id_b), plain_name(name_a) = plain_name(name_b));

-- TRUE if any of id and name that both sides have differs; never NULL.
CREATE OR REPLACE TEMP MACRO party_differs(id_a, name_a, id_b, name_b) AS
    coalesce(upper(id_a) <> upper(id_b), FALSE) OR coalesce(plain_name(name_a) <> plain_name(name_b), FALSE);

-- Money as people write it: 1,234,567.80. By integers, because a DOUBLE loses cents above 9e13.
CREATE OR REPLACE TEMP MACRO money_text(amount) AS
    CASE WHEN amount < 0 THEN '-' ELSE '' END
    || format('{:,}', CAST(trunc(abs(amount)) AS BIGINT))
    || '.' || lpad(CAST(CAST((abs(amount) - trunc(abs(amount))) * 100 AS INTEGER) AS VARCHAR), 2, '0');

-- Half-width letters and digits, no invisible characters, no wrapping of the ="0123" kind, no trailing .0
CREATE OR REPLACE TEMP MACRO plain_reference(reference) AS
    trim(regexp_replace(
        regexp_replace(
            translate(
                regexp_replace(reference, '[\x{200B}-\x{200F}\x{FEFF}\t="''‘’“”`]|_x000D_', '', 'g'),
                '０１２３４５６７８９ＥｅＮｏ．＋－／～，；：　', '0123456789EeNo.+-/~,;: '
            ),
            '\x{00A0}', ' ', 'g'
        ),
        '([0-9])\.0+$', '\1'
    ));

-- The digits of a number that a spreadsheet turned into a float ('2.4442E+19' -> '24442'), NULL if it is none.
CREATE OR REPLACE TEMP MACRO float_digits(plain) AS
    nullif(regexp_replace(regexp_extract(plain, '^[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}$', 0), '[eE].*$|\.', '', 'g'), '');

-- 12- and 10-digit codes whose leading zero a spreadsheet dropped.
CREATE OR REPLACE TEMP MACRO plain_code(code) AS
    CASE length(regexp_replace(plain_reference(code), '[^0-9]', '', 'g'))
        WHEN 0 THEN NULL
        WHEN 9 THEN '0' || regexp_replace(plain_reference(code), '[^0-9]', '', 'g')
        WHEN 11 THEN '0' || regexp_replace(plain_reference(code), '[^0-9]', '', 'g')
        ELSE regexp_replace(plain_reference(code), '[^0-9]', '', 'g')
    END;

-- An 8-digit number that lost its leading zeros; everything else unchanged.
CREATE OR REPLACE TEMP MACRO padded_number(number) AS
    CASE WHEN length(number) < 8 THEN lpad(number, 8, '0') ELSE number END;

-- Puts the facts ('{name}' || chr(31) || value) into the places of a sentence.
CREATE OR REPLACE TEMP MACRO fill_sentence(template, facts) AS
    list_reduce(
        facts, lambda text, fact: replace(text, split_part(fact, chr(31), 1), split_part(fact, chr(31), 2)), template
    );
