-- what: scalar macros of reconciling: comparing parties, printing money, reading references
-- grain: none
-- inputs: none
-- parameters: none

-- Names and tax ids differ in style only (width of brackets, letters and digits, blanks): compare them without it. NULL stays
-- NULL. It is cheap to see that a text is plain as it is, as most are, or but for its brackets, as most others are; and
-- DuckDB asks regexp_full_match of each text of a dictionary once. Last, translate drops what has no counterpart: the blanks.
CREATE OR REPLACE TEMP MACRO plain_name(name) AS
    CASE WHEN regexp_full_match(name, '[\x{4E00}-\x{9FFF}A-Z0-9().,&-]+') THEN name
         WHEN regexp_full_match(name, '[\x{4E00}-\x{9FFF}A-Z0-9().,&（）-]+') THEN translate(name, '（）', '()')
         ELSE nullif(translate(upper(name),
             '（）．，＆－ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ０１２３４５６７８９ '
             || chr(12288) || chr(160) || chr(9) || chr(10) || chr(13),
             '().,&-ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'), '') END;

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

-- Half-width letters and digits, no invisible characters, no wrapping of the ="0123" kind, no trailing .0
-- First the plain case: a macro is expanded wherever its argument is used.
CREATE OR REPLACE TEMP MACRO plain_reference(reference) AS
    CASE WHEN regexp_full_match(reference, '[0-9]+') THEN reference
    ELSE trim(regexp_replace(
        regexp_replace(
            translate(
                regexp_replace(reference, '[\x{200B}-\x{200F}\x{FEFF}\t="''‘’“”`]|_x000D_', '', 'g'),
                '０１２３４５６７８９ＥｅＮｏ．＋－／～，；：　', '0123456789EeNo.+-/~,;: '
            ),
            '\x{00A0}', ' ', 'g'
        ),
        '([0-9])\.0+$', '\1'
    )) END;

-- The digits of a number that a spreadsheet turned into a float ('2.4442E+19' -> '24442'), NULL if it is none.
CREATE OR REPLACE TEMP MACRO float_digits(plain) AS
    nullif(regexp_replace(regexp_extract(plain, '^[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,2}$', 0), '[eE].*$|\.', '', 'g'), '');

-- 12- and 10-digit codes whose leading zero a spreadsheet dropped.
CREATE OR REPLACE TEMP MACRO padded_code(digits) AS
    CASE length(digits) WHEN 0 THEN NULL WHEN 9 THEN '0' || digits WHEN 11 THEN '0' || digits ELSE digits END;

CREATE OR REPLACE TEMP MACRO plain_code(code) AS
    CASE WHEN regexp_full_match(code, '[0-9]{10}|[0-9]{12}') THEN code
         WHEN code IS NOT NULL THEN padded_code(regexp_replace(plain_reference(code), '[^0-9]', '', 'g')) END;

-- An 8-digit number that lost its leading zeros; everything else unchanged.
CREATE OR REPLACE TEMP MACRO padded_number(number) AS
    CASE WHEN length(number) < 8 THEN lpad(number, 8, '0') ELSE number END;

-- An invoice as people cite it: 20 digits, or code and number.
CREATE OR REPLACE TEMP MACRO shown_number(code, number) AS
    CASE WHEN length(number) = 8 AND code IS NOT NULL THEN code || '-' || number ELSE number END;

-- A sentence with its places filled: {0} to {15} are the facts of work_explained in this order, {16} why, {17} the hint.
CREATE OR REPLACE TEMP MACRO fill_sentence(template, facts, why, hint) AS
    format(template, facts.number, facts.reference, facts.voucher, facts.posted_on, facts.issued_on, facts.ledger_date,
           facts.party, facts.ledger_party, facts.upstream_total, facts.ledger_total, facts.ledger_tax,
           facts.upstream_tax, facts.difference, facts.due_on, facts.count, facts.other, why, hint);

-- What a pair is cleared by, as 64 bits: 20 digits, or a shorter number and its code.
CREATE OR REPLACE TEMP MACRO clearing_key(taxpayer_id, direction, number, code) AS
    hash(taxpayer_id, direction, number, CASE WHEN length(number) <> 20 THEN code END);

-- The last 19 digits of a number, as many as 64 bits hold; NULL if it is not made of digits.
CREATE OR REPLACE TEMP MACRO number_digits(number) AS try_cast(right(number, 19) AS UBIGINT);

-- A text as 64 bits, NULL for none.
CREATE OR REPLACE TEMP MACRO text_hash(value) AS nullif(hash(value), hash(NULL::VARCHAR));

-- A party's tax id and its name without their style, as 64 bits.
CREATE OR REPLACE TEMP MACRO party_key(id) AS text_hash(plain_name(id));
CREATE OR REPLACE TEMP MACRO name_key(name) AS text_hash(plain_name(name));

-- The key of a pair as 64 bits; `shown` is the number with its code.
CREATE OR REPLACE TEMP MACRO pair_key(taxpayer_id, direction, shown) AS hash(taxpayer_id, direction, shown);

-- What a line of a company can cite an invoice by: its last 8 digits, which the whole number ends with too.
CREATE OR REPLACE TEMP MACRO tail_key(taxpayer_id, direction, number) AS hash(taxpayer_id, direction, right(number, 8));

-- Money by steps as wide as the tolerance: what is within it of each other is at most one step apart.
CREATE OR REPLACE TEMP MACRO money_step(money, tolerance) AS
    CAST(100 * money AS BIGINT) // greatest(CAST(100 * tolerance AS BIGINT), 1);

-- The lane of lines and invoices that are compared one by one: one sum of a company, and one day or party.
CREATE OR REPLACE TEMP MACRO money_key(taxpayer_id, direction, money_kind, money) AS
    hash(taxpayer_id, direction, money_kind, CAST(money AS DECIMAL(18,2)));
CREATE OR REPLACE TEMP MACRO lane_key(money_key, lane, value) AS
    CASE WHEN value IS NOT NULL THEN hash(money_key, lane, value) END;

-- A number without its n-th digit, the number itself for 0, as 64 bits; NULL where there is no such digit.
CREATE OR REPLACE TEMP MACRO shortened(number, n) AS
    CASE WHEN n = 0 THEN hash(number)
         WHEN n <= length(number) THEN hash(left(number, n - 1) || substr(number, n + 1)) END;
