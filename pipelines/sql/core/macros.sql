-- what: scalar macros that give text its meaning: blanks, money, dates, numbers
-- grain: none
-- inputs: none
-- parameters: none
-- A macro is expanded wherever its argument is used, so each has a first branch for the plain case, and all but
-- clean_text take text that clean_text has cleaned already: without that, typing is 30 times slower.

-- Trimmed text, also out of the formula ="..." by which a CSV keeps a text; blanks and placeholders are NULL.
CREATE OR REPLACE TEMP MACRO clean_text(text) AS
    CASE
        WHEN text IN ('', '-', '--', '—', '——') THEN NULL
        WHEN regexp_full_match(text, '[^\s\x{00A0}\x{3000}_=][^\s\x{00A0}\x{3000}_]*') THEN text
        ELSE nullif(nullif(nullif(trim(regexp_replace(
            trim(regexp_replace(text, '(_x000D_|[\s\x{00A0}\x{3000}])+', ' ', 'g')), '^="(.*)"$', '\1')), ''), '--'), '-')
    END;

-- A cleaned cell, unless it holds one of the layout's own words for nothing.
CREATE OR REPLACE TEMP MACRO cell_value(text, placeholders) AS
    CASE WHEN list_contains(placeholders, text) THEN NULL ELSE text END;

-- NULL for what a formula of a spreadsheet writes where it found nothing.
CREATE OR REPLACE TEMP MACRO without_error(text) AS
    CASE WHEN text IN ('#N/A', '#REF!', '#VALUE!', '#NAME?', '#DIV/0!', '#NUM!', '#NULL!') THEN NULL ELSE text END;

-- The direction that a row says; NULL for any other word.
CREATE OR REPLACE TEMP MACRO direction_value(text) AS
    CASE WHEN text IN ('进项', 'input') THEN 'input' WHEN text IN ('销项', 'output') THEN 'output' END;

-- A name without its style: width of brackets, blanks, capitals.
CREATE OR REPLACE TEMP MACRO plain_party(name) AS upper(regexp_replace(translate(name, '（）．', '().'), '[\s\x{00A0}\x{3000}]', '', 'g'));

CREATE OR REPLACE TEMP MACRO half_width(text) AS
    translate(text, '０１２３４５６７８９．－−＋（），：／', '0123456789.--+(),:/');

-- Money without currency and wrapping; (978) and 978- are negative.
CREATE OR REPLACE TEMP MACRO bare_money(text) AS
    regexp_replace(regexp_replace(half_width(text), '(?i)[\s¥￥="]|元整?|CNY|RMB', '', 'g'), '^\((.+)\)$|^(.+)-$', '-\1\2');

-- Without the commas that part thousands, or 万; NULL where they part anything else: 1.130,00 and 113,00 are no such number.
CREATE OR REPLACE TEMP MACRO clean_money(text) AS
    CASE
        WHEN NOT contains(half_width(text), ',')
          OR regexp_full_match(bare_money(text), '[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,4}(,[0-9]{4})+)(\.[0-9]*)?')
            THEN replace(bare_money(text), ',', '')
    END;

CREATE OR REPLACE TEMP MACRO money_of_decimal(value) AS
    CASE WHEN abs(value - round(value, 2)) <= 0.000001 THEN try_cast(round(value, 2) AS DECIMAL(18,2)) END;

-- NULL if it is no number or has a third decimal. CAST would round 12.005 to 12.01 without a word; float noise below a
-- millionth (3415.6500000000001) is none of the file's meaning.
CREATE OR REPLACE TEMP MACRO money_value(text) AS
    CASE
        WHEN regexp_full_match(text, '-?[0-9]{1,15}(\.[0-9]{1,2})?') THEN try_cast(text AS DECIMAL(18,2))
        WHEN regexp_full_match(text, '-?[0-9]{1,3}(,[0-9]{3}){1,4}(\.[0-9]{1,2})?')
            THEN try_cast(replace(text, ',', '') AS DECIMAL(18,2))
        WHEN text IS NOT NULL THEN money_of_decimal(try_cast(clean_money(text) AS DECIMAL(34,12)))
    END;

-- Why a text has no money_value.
CREATE OR REPLACE TEMP MACRO money_fault(text) AS
    CASE WHEN try_cast(clean_money(text) AS DECIMAL(34,12)) IS NULL THEN 'money_unreadable' ELSE 'money_fraction' END;

-- The value of a column that a layout says is stored with the opposite sign.
CREATE OR REPLACE TEMP MACRO turned(value, field, negate) AS
    CASE WHEN list_contains(negate, field) THEN -value ELSE value END;

-- The money of a row that a layout marks as negative, whichever sign it shows.
CREATE OR REPLACE TEMP MACRO marked(value, is_negative) AS CASE WHEN is_negative THEN -abs(value) ELSE value END;

CREATE OR REPLACE TEMP MACRO plain_date(text) AS
    trim(regexp_replace(regexp_replace(half_width(text), '[年月/.]', '-', 'g'), '日', ' ', 'g'));

-- 2026-09-23 10:11:12, 2026/9/3, 2026年09月23日, 20260923, an Excel serial; NULL for anything else.
CREATE OR REPLACE TEMP MACRO time_value(text) AS
    CASE
        WHEN regexp_full_match(text, '(19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}([ T].*)?') THEN try_cast(text AS TIMESTAMP)
        WHEN regexp_full_match(text, '(19|20)[0-9]{2}/[0-9]{1,2}/[0-9]{1,2}([ T].*)?')
            THEN try_cast(replace(text, '/', '-') AS TIMESTAMP)
        WHEN regexp_full_match(text, '(19|20)[0-9]{6}') THEN try_strptime(text, '%Y%m%d')
        WHEN regexp_full_match(text, '(19|20)[0-9]{12}') THEN try_strptime(text, '%Y%m%d%H%M%S')
        WHEN regexp_full_match(text, '[3-6][0-9]{4}(\.[0-9]+)?')
            THEN TIMESTAMP '1899-12-30 00:00:00' + to_seconds(CAST(round(CAST(text AS DOUBLE) * 86400) AS BIGINT))
        WHEN regexp_full_match(plain_date(text), '(19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}([ T].*)?')
            THEN try_cast(plain_date(text) AS TIMESTAMP)
        WHEN regexp_full_match(half_width(text), '(19|20)[0-9]{6}') THEN try_strptime(half_width(text), '%Y%m%d')
    END;

-- A layout's own forms before the built-in ones. %Y would take a year 202 or 20260 as well.
CREATE OR REPLACE TEMP MACRO file_time(text, formats) AS
    CASE WHEN year(try_strptime(text, formats)) BETWEEN 1990 AND 2099 THEN try_strptime(text, formats) ELSE time_value(text) END;

CREATE OR REPLACE TEMP MACRO is_float(text) AS
    regexp_full_match(half_width(text), '[0-9](\.[0-9]+)?[eE]\+?[0-9]+');

-- Digits of a number without wrapping, prefix, blanks and a trailing .0; NULL if the text is a float or holds anything
-- else: letters between digits are another number, not noise.
CREATE OR REPLACE TEMP MACRO number_digits(text) AS
    CASE
        WHEN regexp_full_match(text, '[0-9]+') THEN text
        WHEN is_float(text) THEN NULL
        ELSE nullif(regexp_extract(
            regexp_replace(half_width(text), '[\s="''‘’“”`-]|\.0+$', '', 'g'), '^(?:[^0-9]*[:：#号码]|No\.?)?([0-9]+)$', 1
        ), '')
    END;
