-- what: the ledger lines that are still open, and every invoice number that their references can be read as
-- grain: work_open_ledger one row per open line; work_listed_float one row per line with floats among its numbers;
--        work_reference one row per line, reading (alt) and number in it
-- inputs: work_due_ledger, work_cleared
-- parameters: $as_of
-- A text that can be read in two ways (12 + 8 digits: code and number, or one split 20-digit number) gives two readings;
-- the one that exists upstream wins, the first of equals. Ranges are expanded up to 100 numbers; of a longer one only the ends
-- are read, and its form is `long_range` (reading.sql sets such a line aside unless its money is that of the ends). A code of
-- the text is the code of the number beside it and, unless the sum says otherwise (`is_code_carried`, list_sum.sql), of all others.

CREATE OR REPLACE TEMP TABLE work_open_ledger AS
WITH cleaned AS (
    SELECT
        l.* EXCLUDE (written_name, is_in_code, codes, summary) REPLACE (said_party_key(l.party_id) AS party_hash),
        name_key(l.party_name) AS name_hash,
        says_no_invoice(l.direction, concat_ws(' ', l.invoice_reference, l.summary)) AS says_no_invoice,
        CASE WHEN len(list_distinct(codes)) > 1 THEN coded_text(codes, invoice_reference)
             ELSE plain_reference(CASE WHEN is_in_code THEN invoice_code ELSE invoice_reference END) END AS plain,
        CASE WHEN codes IS NOT NULL THEN CASE WHEN len(list_distinct(codes)) = 1 THEN codes[1] END
             ELSE plain_code(CASE WHEN NOT is_in_code THEN invoice_code WHEN strlen(invoice_code) = 8 THEN invoice_reference END)
        END AS code
    FROM (
        SELECT
            *,
            listed_codes(invoice_code) AS codes,
            -- 20 digits in the column of the code, or the two columns exchanged.
            CASE strlen(invoice_code)
                WHEN 20 THEN regexp_full_match(invoice_code, '[0-9]{20}')
                             AND coalesce(ends_with(invoice_code, invoice_reference), TRUE)
                WHEN 8 THEN regexp_full_match(invoice_code, '[0-9]{8}')
                            AND regexp_full_match(invoice_reference, '[0-9]{10}|[0-9]{12}')
            END IS TRUE AS is_in_code
        FROM work_due_ledger
    ) l
    ANTI JOIN work_cleared c
      ON c.line_key = clearing_key(l.taxpayer_id, l.direction, l.invoice_reference, l.invoice_code)
)
SELECT *, float_digits(plain) AS float_prefix, regexp_extract_all(number_text(plain), '[0-9]+') AS tokens FROM cleaned;

-- A float in a list stands for a number that nobody knows: the others are read without it, and it is added to each reading.
CREATE OR REPLACE TEMP TABLE work_listed_float AS
SELECT
    record_id, code, invoice_date, posted_on, floats, without_floats(plain) AS plain,
    regexp_extract_all(without_floats(plain), '[0-9]+') AS tokens
FROM (
    SELECT *, listed_floats(plain) AS floats FROM work_open_ledger
    WHERE float_prefix IS NULL AND len(tokens) > 1 AND (contains(plain, 'E') OR contains(plain, 'e'))
)
WHERE len(floats) > 0;

CREATE OR REPLACE TEMP TABLE work_reference AS
WITH written AS (
    SELECT
        record_id, code, invoice_date, posted_on, plain, tokens,
        plain IN (party_id, taxpayer_id)
        OR CASE WHEN invoice_reference = voucher_no THEN NOT regexp_full_match(plain, '[0-9]{8}|[0-9]{20}') END
        OR CASE WHEN strlen(plain) < 8 THEN try_cast(plain AS DECIMAL(18,2)) IN (line_total, line_amount) ELSE FALSE END AS is_own
    FROM work_open_ledger
    WHERE float_prefix IS NULL AND plain IS NOT NULL AND record_id NOT IN (SELECT record_id FROM work_listed_float)
    UNION ALL
    SELECT record_id, code, invoice_date, posted_on, plain, tokens, FALSE FROM work_listed_float
),
-- One after the other: what is named twice in one SELECT DuckDB plans twice.
compacted AS (SELECT *, array_to_string(tokens, '') AS compact FROM written WHERE len(tokens) > 0),
padded AS (
    SELECT
        *,
        -- Within several runs one zero stands for something else.
        CASE WHEN starts_with(compact, CASE len(tokens) WHEN 1 THEN '0' ELSE '00' END) AND length(compact) > 8
             THEN nullif(regexp_extract(compact, '^0+([1-9][0-9]{19}|[0-9]{8})$', 1), '') END AS unpadded,
        -- A code and a number that lost its zeros.
        CASE WHEN length(compact) BETWEEN 13 AND 19
             THEN CASE WHEN len(tokens) = 2 AND length(tokens[1]) BETWEEN 9 AND 12 AND length(tokens[2]) BETWEEN 4 AND 7
                        AND is_code(tokens[1], $as_of::TIMESTAMP)
                       THEN tokens[1] || padded_number(tokens[2])
                       WHEN len(tokens) = 1 AND starts_with(compact, '0') AND length(compact) BETWEEN 16 AND 19
                        AND is_code(left(compact, 12), $as_of::TIMESTAMP)
                       THEN left(compact, 12) || padded_number(substr(compact, 13))
                       WHEN len(tokens) = 1 AND length(compact) BETWEEN 14 AND 17 AND is_code(left(compact, 10), $as_of::TIMESTAMP)
                       THEN left(compact, 10) || padded_number(substr(compact, 11)) END
        END AS coded_short
    FROM compacted
),
shaped AS (
    SELECT
        record_id AS ledger_id, CASE len(tokens) WHEN 1 THEN plain ELSE number_text(plain) END AS plain, code, tokens, posted_on,
        compact, unpadded, coded_short,
        -- Zeros, a few digits, what stands beside numbers (a date, money, a tax id), the line's own sum, party or voucher, a
        -- code, or zeros or some digits behind it: a number only if an invoice has it.
        CASE
            WHEN len(tokens) = 1 AND length(compact) IN (10, 12) AND is_code(compact, $as_of::TIMESTAMP) THEN TRUE
            WHEN len(tokens) = 1 AND length(compact) = 18 AND compact BETWEEN '91' AND '94' THEN TRUE
            WHEN padded.plain <> compact AND has_no_number(padded.plain) THEN TRUE
            WHEN is_own OR is_voucher_text(padded.plain) OR length(compact) < 4 THEN TRUE
            WHEN coded_short IS NOT NULL AND len(tokens) = 2 AND length(tokens[2]) < 7 THEN TRUE
            WHEN ends_with(compact, '00000000') AND is_code(left(compact, -8), $as_of::TIMESTAMP) THEN TRUE
            WHEN starts_with(compact, '0') THEN ltrim(compact, '0') = ''
            WHEN NOT starts_with(compact, '20') OR length(compact) > 8 THEN FALSE
            WHEN len(tokens) > 1
            THEN regexp_full_match(
                padded.plain, '[^0-9]*[0-9]{4}\s*[-/.年]\s*[0-9]{1,2}(?:\s*[-/.月]\s*[0-9]{1,2})?[^0-9]*')
            WHEN code IS NULL
            THEN starts_with(strftime(invoice_date, '%Y%m%d'), compact) OR starts_with(strftime(posted_on, '%Y%m%d'), compact)
        END IS TRUE AS is_placeholder
    FROM padded
),
-- One run of digits is no range and no list.
of_one_run AS (
    SELECT
        ledger_id, is_placeholder,
        CASE
            WHEN unpadded IS NOT NULL
            THEN [{'form': 'plain', 'code': code, 'numbers': [compact]},
                  {'form': 'plain', 'code': code, 'numbers': [unpadded]}]
            WHEN coded_short IS NOT NULL
            THEN [{'form': 'code_and_number', 'code': NULL, 'numbers': [coded_short]},
                  {'form': 'plain', 'code': code, 'numbers': [compact]}]
            WHEN length(compact) = 18
            THEN [{'form': 'code_and_number', 'code': NULL, 'numbers': [compact]},
                  {'form': 'plain', 'code': code, 'numbers': [compact]}]
            WHEN length(compact) = 20
            THEN [{'form': 'plain', 'code': NULL, 'numbers': [compact]},
                  {'form': 'split_code', 'code': NULL, 'numbers': [compact]}]
            -- A code that lost its zero, or 20 digits less one.
            WHEN length(compact) = 19
            THEN [{'form': 'plain', 'code': code, 'numbers': [compact]},
                  {'form': 'code_and_number', 'code': NULL, 'numbers': [compact]}]
            -- Its day pasted to a number.
            WHEN length(compact) = 28 AND (is_day(right(compact, 8)) OR is_day(left(compact, 8)))
            THEN [{'form': 'plain', 'code': NULL,
                   'numbers': [CASE WHEN is_day(right(compact, 8)) THEN left(compact, 20) ELSE right(compact, 20) END]}]
            -- Numbers pasted one behind the other, or one twice; 20 digits that begin with 0 or 1 are a code and a number.
            WHEN length(compact) IN (40, 60, 80, 100)
            THEN [{'form': CASE WHEN compact < '2' THEN 'code_and_number'
                                WHEN left(compact, 20) = right(compact, 20) THEN 'plain' ELSE 'list' END, 'code': NULL,
                   'numbers': each_once([substr(compact, place, 20) FOR place IN range(1, length(compact), 20)])}]
            -- The two columns may hold one number of 20 digits, or of a digit more or less.
            WHEN length(compact) BETWEEN 7 AND 9 AND length(code) = 12
            THEN [{'form': CASE length(compact) WHEN 7 THEN 'lost_zeros' ELSE 'plain' END, 'code': code,
                   'numbers': [padded_number(compact)]},
                  {'form': 'joined', 'code': NULL, 'numbers': [code || compact]}]
            WHEN length(compact) >= 8 THEN [{'form': 'plain', 'code': code, 'numbers': [compact]}]
            WHEN length(compact) >= 4 OR plain = compact
            THEN [{'form': 'lost_zeros', 'code': code, 'numbers': [padded_number(compact)]}]
            ELSE []
        END AS readings,
        NULL::VARCHAR[] AS beside_code
    FROM shaped
    WHERE len(tokens) = 1
),
parted AS (
    SELECT
        * REPLACE (CASE WHEN len(codes) = 1 THEN padded_code(codes[1]) ELSE code END AS code),
        -- A number that a field cut off, or with a digit too many or too few, is one of a list, too.
        list_filter(
            tokens, lambda t: length(t) IN (8, 9, 19, 20, 21, 22) AND NOT list_contains(codes, t) OR is_front(t, NULL, $as_of::TIMESTAMP)
        ) AS listed_tokens,
        -- Whole numbers side by side, with their codes or without, need no completing.
        regexp_extract_all(
            array_to_string(regexp_extract_all(
                CASE WHEN len(list_filter(tokens, lambda t: length(t) IN (8, 20) OR list_contains(codes, t))) < len(tokens)
                       OR regexp_matches(plain, '(?:^|[^0-9])(?:[0-9]{8}|[0-9]{20})\s*[~—至到-]') THEN plain END,
                '(?:^|[^0-9]|[0-9]{10})((?:[0-9]{20}|[0-9]{8})(?:\s*[/、,;&+~—至到-]+\s*(?:[0-9]{20}|[0-9]{1,8})\b)+)', 1
            ), '、'),
            '[^0-9]*[0-9]+'
        ) AS chain,
        CASE WHEN len(list_filter(tokens, lambda t: length(t) = 20)) = 0
             THEN list_transform(
                 regexp_extract_all(plain, '([0-9]{9,12}[^0-9]*[0-9]{8})(?:[^0-9]|$)', 1),
                 lambda t: regexp_replace(t, '[^0-9]', '', 'g')) ELSE [] END AS coded,
        -- A code stands behind its number where a number stands first and a code last.
        [list_contains(codes, t) FOR t IN tokens IF length(t) = 8 OR list_contains(codes, t)] AS is_code_there,
        NOT is_code_there[1] AND is_code_there[-1] AS is_code_behind
    FROM (
        SELECT
            *, list_filter(tokens, lambda t: length(t) IN (8, 20)) AS whole_tokens,
            -- Of one code all numbers are that have eight digits, wherever in the text it stands.
            list_distinct(list_filter(tokens, lambda t: length(t) BETWEEN 9 AND 12 AND is_code(t, $as_of::TIMESTAMP))) AS codes,
            list_filter(
                tokens, lambda t: is_day(t) AND coalesce(
                    try_strptime(t, '%Y%m%d') BETWEEN posted_on - INTERVAL 1 YEAR AND posted_on + INTERVAL 1 MONTH, FALSE)
            ) AS days
        FROM shaped
        WHERE len(tokens) > 1
    )
),
-- A step of its own: what a lambda is given by name is worked out anew for each number.
chained AS (
    SELECT
        *, len(coded) > 0 AND length(array_to_string(coded, '')) = length(compact) AS is_coded,
        CASE WHEN len(chain) > 0 THEN chain_numbers(chain, FALSE) END AS completed,
        CASE WHEN len(chain) > 0 AND len(whole_tokens) < len(tokens) THEN chain_numbers(chain, TRUE) END AS carried,
        -- A digit that goes on from nothing is rather the number of a part, and what stands behind it counts for nothing.
        len(chain) = 2 AND regexp_matches(chain[2], '^\s*[/~—至到-]\s*0?[1-9]$') AND carried <> completed AS is_part,
        len(tokens) = 2 AND list_contains(codes, tokens[1]) AND length(tokens[2]) IN (7, 9) AND NOT list_contains(codes, tokens[2])
            AS is_miscounted,
        CASE WHEN len(codes) > 1 AND len(list_filter(listed_tokens, lambda t: length(t) NOT IN (8, 20))) = 0
             THEN coded_numbers(tokens, codes, is_code_behind) END AS each_coded,
        -- The numbers that a code of the text is sure to be of.
        CASE WHEN len(codes) > 0
             THEN list_filter(tokens, lambda t, n: length(t) = 8
                              AND list_contains(codes, tokens[n + CASE WHEN is_code_behind THEN 1 ELSE -1 END]) IS TRUE)
        END AS beside_code
    FROM parted
),
of_several_runs AS (
    SELECT
        ledger_id, is_placeholder,
        CASE
            WHEN is_coded AND len(whole_tokens) < len(tokens)
            THEN [{'form': 'code_and_number', 'code': NULL, 'numbers': coded},
                  {'form': 'joined', 'code': NULL, 'numbers': coded}]
            WHEN len(each_coded) > 0 THEN [{'form': 'coded_list', 'code': NULL, 'numbers': each_once(each_coded)}]
            WHEN len(chain) > 0
            THEN CASE WHEN is_part THEN [{'form': 'plain', 'code': code, 'numbers': [regexp_extract(chain[1], '[0-9]+')]}] ELSE [] END
                 || [{'form': CASE WHEN read.is_long AND len(days) = 0 THEN 'long_range'
                                   WHEN len(read.numbers) = 1 THEN 'plain'
                                   WHEN len(chain) = 2 AND regexp_matches(chain[2], '^\s*[~—至到-]') AND len(days) = 0 THEN 'range'
                                   ELSE 'list' END,
                      'code': code, 'numbers': read.numbers}
                     FOR read IN CASE WHEN carried <> completed THEN [carried, completed] ELSE [completed] END]
                 || CASE WHEN len(whole_tokens) < len(tokens) AND NOT is_part AND NOT completed.is_long
                         THEN [{'form': 'remark', 'code': code, 'numbers': each_once(whole_tokens)}] ELSE [] END
            WHEN length(compact) IN (8, 20) AND len(whole_tokens) <= 1
            THEN [{'form': 'joined', 'code': code, 'numbers': [compact]},
                  {'form': 'list', 'code': code, 'numbers': whole_tokens}]
            WHEN len(whole_tokens) > 0
            THEN [{'form': CASE len(listed_tokens) WHEN 1 THEN 'plain' ELSE 'list' END, 'code': code,
                   'numbers': each_once(listed_tokens)}]
            WHEN length(compact) = 18 THEN [{'form': 'code_and_number', 'code': NULL, 'numbers': [compact]}]
            -- A digit too many behind a code, or too few.
            WHEN is_miscounted AND length(tokens[2]) = 9 THEN [{'form': 'plain', 'code': code, 'numbers': [tokens[2]]}]
            WHEN coded_short IS NOT NULL
            THEN [{'form': 'code_and_number', 'code': NULL, 'numbers': [coded_short]}]
                 || CASE WHEN is_miscounted THEN [{'form': 'plain', 'code': code, 'numbers': [tokens[2]]}] ELSE [] END
            WHEN length(compact) BETWEEN 4 AND 7
            THEN [{'form': 'lost_zeros', 'code': code, 'numbers': [padded_number(compact)]}]
            ELSE []
        END || CASE
            -- A day beside the numbers.
            WHEN len(days) BETWEEN 1 AND len(whole_tokens) - 1
            THEN [{'form': CASE len(list_distinct(whole_tokens)) - len(list_distinct(days)) WHEN 1 THEN 'plain' ELSE 'list' END,
                   'code': code, 'numbers': each_once(list_filter(whole_tokens, lambda t: NOT list_contains(days, t)))}]
            WHEN unpadded IS NOT NULL THEN [{'form': 'plain', 'code': code, 'numbers': [unpadded]}]
            -- One number with hyphens in it looks like a range.
            WHEN len(chain) > 0 AND length(compact) IN (8, 20)
            THEN [{'form': 'joined', 'code': code, 'numbers': [compact]}]
            -- Blanks within the code or the number.
            WHEN length(compact) = 20 AND len(whole_tokens) = 0 THEN [{'form': 'split_code', 'code': NULL, 'numbers': [compact]}]
            WHEN coded_short IS NOT NULL THEN [{'form': 'code_and_number', 'code': NULL, 'numbers': [coded_short]}]
            -- An order, a contract, a telephone number in front of eight digits is no code.
            WHEN is_coded AND len(list_filter(coded, lambda t: NOT is_code(left(t, -8), $as_of::TIMESTAMP))) > 0
            THEN [{'form': CASE len(whole_tokens) WHEN 1 THEN 'plain' ELSE 'list' END, 'code': code,
                   'numbers': each_once(whole_tokens)}]
            ELSE []
        END AS readings,
        beside_code
    FROM chained
),
alternative AS (
    SELECT *, unnest(readings) AS reading, generate_subscripts(readings, 1) AS alt
    FROM (FROM of_one_run UNION ALL FROM of_several_runs)
),
cited AS (
    SELECT
        ledger_id, alt, is_placeholder, reading.form AS form, reading.code AS code, unnest(reading.numbers) AS number,
        generate_subscripts(reading.numbers, 1) AS position, len(reading.numbers) AS n_numbers, beside_code
    FROM alternative
),
told_apart AS (
    SELECT
        *,
        CASE form WHEN 'code_and_number' THEN TRUE WHEN 'split_code' THEN TRUE
                  WHEN 'coded_list' THEN length(number) = 18 OR (length(number) = 20 AND number < '2') ELSE FALSE END AS is_coded
    FROM cited
)
-- Code and number are read together, so that each number of a list may have a code of its own.
SELECT
    * EXCLUDE (is_coded, beside_code) REPLACE (
        CASE WHEN is_coded THEN padded_code(left(number, -8)) ELSE code END AS code,
        CASE WHEN is_coded THEN right(number, 8) ELSE number END AS number
    ),
    coalesce(NOT list_contains(beside_code, right(number, 8)), FALSE) AS is_code_carried
FROM told_apart;

INSERT INTO work_reference BY NAME
SELECT
    r.ledger_id, r.alt, 'list' AS form, unnest(f.floats) AS number, r.n_numbers + generate_subscripts(f.floats, 1) AS position,
    r.n_numbers, r.is_placeholder
FROM work_reference r
JOIN work_listed_float f ON f.record_id = r.ledger_id
WHERE r.position = 1;

UPDATE work_reference r
SET n_numbers = r.n_numbers + len(f.floats), form = CASE r.form WHEN 'plain' THEN 'list' ELSE r.form END
FROM work_listed_float f
WHERE f.record_id = r.ledger_id;

-- A number and how many ('12345001起30张'): the numbers that follow it, too, if they make up the line's money (reading.sql).
INSERT INTO work_reference BY NAME
WITH counted AS (
    SELECT record_id, try_cast(regexp_extract(plain, '(?:^|[^0-9])([0-9]{1,3})\s*[张份]', 1) AS INTEGER) AS n_numbers
    FROM work_open_ledger
    WHERE contains(plain, '张') OR contains(plain, '份')
),
first_number AS (
    SELECT
        r.* EXCLUDE (n_numbers), c.n_numbers,
        (SELECT max(alt) FROM work_reference o WHERE o.ledger_id = r.ledger_id) + 1 AS next_alt
    FROM work_reference r
    JOIN counted c ON c.record_id = r.ledger_id
    WHERE r.alt = 1 AND r.n_numbers = 1 AND length(r.number) IN (8, 20) AND c.n_numbers BETWEEN 2 AND 100
)
SELECT
    * EXCLUDE (next_alt) REPLACE (
        next_alt AS alt, 'counted' AS form, unnest(range(1, n_numbers + 1)) AS position,
        padded_number(CAST(CAST(number AS HUGEINT) + unnest(range(0, n_numbers)) AS VARCHAR)) AS number
    )
FROM first_number;
