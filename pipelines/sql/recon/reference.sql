-- what: the ledger lines that are still open, and every invoice number that their references can be read as
-- grain: work_open_ledger one row per open line; work_reference one row per line, reading (alt) and number in it
-- inputs: work_due_ledger, work_cleared
-- parameters: none
-- A text that can be read in two ways (12 + 8 digits: code and number, or one split 20-digit number) gives two readings;
-- the one that exists upstream wins. A range is expanded up to 100 numbers.

CREATE OR REPLACE TEMP TABLE work_open_ledger AS
WITH cleaned AS (
    SELECT
        l.* EXCLUDE (written_name) REPLACE (party_key(l.party_id) AS party_hash), name_key(l.party_name) AS name_hash,
        plain_reference(invoice_reference) AS plain, plain_code(invoice_code) AS code
    FROM work_due_ledger l
    ANTI JOIN work_cleared c
      ON c.line_key = clearing_key(l.taxpayer_id, l.direction, l.invoice_reference, l.invoice_code)
)
SELECT *, float_digits(plain) AS float_prefix, regexp_extract_all(plain, '[0-9]+') AS tokens FROM cleaned;

CREATE OR REPLACE TEMP TABLE work_reference AS
WITH shaped AS (
    SELECT
        record_id AS ledger_id, plain, code, tokens, len(tokens) AS n_tokens,
        array_to_string(tokens, '') AS compact,
        list_filter(tokens, lambda t: length(t) IN (8, 20)) AS whole_tokens,
        -- CASE: one run of digits is no range and no list.
        regexp_extract(
            CASE WHEN len(tokens) > 1 THEN plain END, '([0-9]{20}|[0-9]{8})\s*(-|~|—|至|到)\s*([0-9]{20}|[0-9]{1,8})(?:[^0-9]|$)', ['low', 'sign', 'high']
        ) AS span,
        regexp_extract_all(
            CASE WHEN len(tokens) > 1 THEN plain END, '(?:[0-9]{20}|[0-9]{8})(?:\s*[/、,;&+]\s*[0-9]{1,20})+'
        ) AS chains
    FROM work_open_ledger
    WHERE float_prefix IS NULL AND plain IS NOT NULL AND len(tokens) > 0
),
spanned AS (
    SELECT
        *,
        left(span.low, length(span.low) - least(length(span.high), length(span.low))) || span.high AS high_number,
        try_cast(right(span.low, 8) AS BIGINT) AS first_tail
    FROM shaped
),
ranged AS (
    SELECT
        *,
        CASE
            WHEN length(high_number) = length(span.low) AND left(high_number, length(high_number) - 8)
                 = left(span.low, length(span.low) - 8)
            THEN try_cast(right(high_number, 8) AS BIGINT) - first_tail
        END AS span_length
    FROM spanned
),
read_as AS (
    SELECT
        ledger_id, code, plain,
        CASE
            WHEN n_tokens = 2 AND length(tokens[1]) IN (9, 10, 11, 12) AND length(tokens[2]) = 8
            THEN [
                {'form': 'code_and_number', 'code': plain_code(tokens[1]), 'numbers': [tokens[2]]},
                {'form': 'joined', 'code': NULL, 'numbers': [compact]}
            ]
            WHEN span_length BETWEEN 1 AND 99
            THEN [{
                'form': 'range', 'code': code,
                'numbers': list_transform(
                    range(first_tail, first_tail + span_length + 1),
                    lambda n: left(span.low, length(span.low) - 8) || lpad(CAST(n AS VARCHAR), 8, '0')
                )
            }]
            WHEN len(chains) > 0
            THEN [{
                'form': 'list', 'code': code,
                'numbers': list_distinct(list_transform(
                    regexp_extract_all(array_to_string(chains, '、'), '[0-9]+'),
                    lambda t: CASE
                        WHEN length(t) < length(regexp_extract(chains[1], '^[0-9]+'))
                             AND NOT length(t) IN (8, 20)
                        THEN left(chains[1], length(regexp_extract(chains[1], '^[0-9]+')) - length(t)) || t
                        ELSE t
                    END
                ))
            }]
            WHEN n_tokens > 1 AND length(compact) IN (8, 20) AND len(whole_tokens) <= 1
            THEN [
                {'form': 'joined', 'code': code, 'numbers': [compact]},
                {'form': 'list', 'code': code, 'numbers': whole_tokens}
            ]
            WHEN n_tokens > 1 AND len(whole_tokens) > 0
            THEN [{'form': CASE len(whole_tokens) WHEN 1 THEN 'plain' ELSE 'list' END, 'code': code,
                   'numbers': list_distinct(whole_tokens)}]
            WHEN length(compact) = 18
            THEN [{'form': 'code_and_number', 'code': left(compact, 10), 'numbers': [right(compact, 8)]},
                  {'form': 'plain', 'code': code, 'numbers': [compact]}]
            WHEN length(compact) = 20
            THEN [{'form': 'plain', 'code': NULL, 'numbers': [compact]},
                  {'form': 'split_code', 'code': left(compact, 12), 'numbers': [right(compact, 8)]}]
            WHEN length(compact) = 8 AND length(code) = 12
            THEN [{'form': 'plain', 'code': code, 'numbers': [compact]},
                  {'form': 'joined', 'code': NULL, 'numbers': [code || compact]}]
            WHEN length(compact) BETWEEN 4 AND 7 OR (length(compact) < 4 AND plain = compact)
            THEN [{'form': 'lost_zeros', 'code': code, 'numbers': [padded_number(compact)]}]
            WHEN length(compact) >= 4 AND n_tokens = 1
            THEN [{'form': 'plain', 'code': code, 'numbers': [compact]}]
            ELSE []
        END AS readings
    FROM ranged
),
alternative AS (
    SELECT ledger_id, unnest(readings) AS reading, generate_subscripts(readings, 1) AS alt FROM read_as
)
SELECT
    ledger_id, alt, reading.form AS form, reading.code AS code,
    unnest(reading.numbers) AS number,
    generate_subscripts(reading.numbers, 1) AS position,
    len(reading.numbers) AS n_numbers
FROM alternative;
