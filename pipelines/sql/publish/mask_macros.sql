-- What: pseudonyms. Equal values give equal ones, so that grouping and joining still work; without the key nobody can
--       tell or try out which value it was. The key comes from the variable `mask_key`.
-- Grain: macros only. Inputs: none. Parameters: mask_key, causes, cause_words_zh, cause_words_en (lists of one length).
-- Style is taken off first (width of brackets, blanks, capitals, prefixes of numbers): one party has one pseudonym.
SET VARIABLE mask_key = $mask_key;
SET VARIABLE mask_causes = $causes;
SET VARIABLE mask_words_zh = $cause_words_zh;
SET VARIABLE mask_words_en = $cause_words_en;
CREATE OR REPLACE TEMP MACRO mask_hash(kind, value, digits) AS
    left(sha256(getvariable('mask_key') || '|' || kind || '|' || value), digits);
CREATE OR REPLACE TEMP MACRO mask_plain(value) AS
    regexp_replace(
        upper(translate(value, '（）．０１２３４５６７８９', '().0123456789')), '[\s\x{00A0}\x{3000}]', '', 'g'
    );
CREATE OR REPLACE TEMP MACRO mask_name(value) AS '单位-' || mask_hash('name', mask_plain(value), 10);
CREATE OR REPLACE TEMP MACRO mask_person(value) AS '人员-' || mask_hash('person', mask_plain(value), 8);
CREATE OR REPLACE TEMP MACRO mask_party_id(value) AS 'ID-' || mask_hash('id', mask_plain(value), 12);
CREATE OR REPLACE TEMP MACRO mask_number(value) AS
    'NO-' || mask_hash(
        'number', coalesce(nullif(regexp_replace(mask_plain(value), '[^0-9]', '', 'g'), ''), mask_plain(value)), 14
    );
CREATE OR REPLACE TEMP MACRO mask_code(value) AS 'CODE-' || mask_hash('code', mask_plain(value), 10);
CREATE OR REPLACE TEMP MACRO mask_file(value) AS
    'file-' || mask_hash('file', value, 10) || regexp_extract(value, '\.[A-Za-z]{1,5}$');
-- An item is named U: or L: and its record: the pair keeps fitting.
CREATE OR REPLACE TEMP MACRO mask_record(value) AS
    CASE WHEN value LIKE '_:%' THEN left(value, 2) || mask_hash('record', value[3:], 32)
         ELSE mask_hash('record', value, 32) END;
CREATE OR REPLACE TEMP MACRO mask_records(list) AS list_transform(list, lambda one: mask_record(one));
CREATE OR REPLACE TEMP MACRO mask_sentence_zh(cause) AS
    list_extract(getvariable('mask_words_zh'), list_position(getvariable('mask_causes'), cause));
CREATE OR REPLACE TEMP MACRO mask_sentence_en(cause) AS
    list_extract(getvariable('mask_words_en'), list_position(getvariable('mask_causes'), cause));
