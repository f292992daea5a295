-- what: the new rows of a ledger file with their meaning, and what is wrong with those that have none
-- grain: typed_ledger one row per usable line of the file; new_reject one row per unusable source row
-- inputs: incoming (raw rows), own_taxpayer, core_ledger__sighting
-- parameters: $file_id, $source_id, $file_name, $taxpayer_id, $direction, $grain, $observed_at, $placeholders,
--   $date_formats, $negate, $is_sided (the layout says what a row of the debit or credit side is)

CREATE OR REPLACE TEMP TABLE clean_row AS
WITH cleaned AS (
    SELECT
        sheet, row_number, is_negative, invoice_side,
        clean_text(COLUMNS(* EXCLUDE (sheet, row_number, is_negative, invoice_side, other_cells)))
    FROM incoming
)
SELECT
    sheet, row_number, is_negative, invoice_side,
    cell_value(COLUMNS(* EXCLUDE (sheet, row_number, is_negative, invoice_side)), $placeholders::VARCHAR[])
FROM cleaned;

CREATE OR REPLACE TEMP TABLE read_ledger AS
SELECT
    sheet, row_number, is_negative, invoice_side,
    -- A line that names a company is of no other one, unless the settings say whose the source is.
    taxpayer_name,
    coalesce(taxpayer_id, named.id, $taxpayer_id,
             CASE WHEN taxpayer_name IS NULL THEN (SELECT min(id) FROM own_taxpayer HAVING count(*) = 1) END) AS taxpayer_id,
    direction AS direction_text, coalesce($direction, direction_value(direction)) AS direction,
    posted_on AS posted_text, CAST(file_time(posted_on, $date_formats::VARCHAR[]) AS DATE) AS posted_on,
    voucher_no AS voucher_no, line_no AS line_no,
    without_error(invoice_reference) AS invoice_reference, without_error(invoice_code) AS invoice_code,
    without_error(invoice_date) AS date_text,
    CAST(file_time(invoice_date, $date_formats::VARCHAR[]) AS DATE) AS invoice_date,
    without_error(counterparty_tax_id) AS counterparty_tax_id, without_error(counterparty_name) AS counterparty_name,
    amount AS amount_text, turned(money_value(amount), 'amount', $negate::VARCHAR[]) AS amount,
    -- A word instead of the tax leaves it open: registers also write it where only nothing can be deducted.
    CASE WHEN tax NOT IN ('免税', '不征税', '***') THEN tax END AS tax_text,
    turned(money_value(tax), 'tax', $negate::VARCHAR[]) AS tax,
    total AS total_text, turned(money_value(total), 'total', $negate::VARCHAR[]) AS total,
    debit AS debit_text, turned(money_value(debit), 'debit', $negate::VARCHAR[]) AS debit,
    credit AS credit_text, turned(money_value(credit), 'credit', $negate::VARCHAR[]) AS credit,
    summary AS summary
FROM clean_row
LEFT JOIN (SELECT plain_party(name) AS name, min(id) AS id FROM own_taxpayer GROUP BY ALL HAVING count(*) = 1) named
    ON named.name = plain_party(taxpayer_name);

CREATE OR REPLACE TEMP TABLE judged_ledger AS
WITH signed AS (
    SELECT
        *,
        -- A line of a general ledger. If no account says which side is the invoice's: payables grow on the credit side,
        -- receivables on the debit side.
        marked(coalesce(total, CASE
            WHEN debit_text IS NULL AND credit_text IS NULL THEN NULL
            WHEN coalesce(invoice_side, if(direction = 'input', 'credit', 'debit')) = 'credit'
                THEN coalesce(credit, 0) - coalesce(debit, 0)
            ELSE coalesce(debit, 0) - coalesce(credit, 0)
        END), is_negative) AS total_cny
    FROM read_ledger
)
SELECT
    *,
    CASE
        WHEN posted_text IS NULL THEN {'column': 'posted_on', 'reason': 'date_missing', 'found': NULL}
        WHEN posted_on IS NULL THEN {'column': 'posted_on', 'reason': 'date_unreadable', 'found': posted_text}
        WHEN date_text IS NOT NULL AND invoice_date IS NULL
            THEN {'column': 'invoice_date', 'reason': 'date_unreadable', 'found': date_text}
        WHEN amount_text IS NOT NULL AND amount IS NULL
            THEN {'column': 'amount', 'reason': money_fault(amount_text), 'found': amount_text}
        WHEN tax_text IS NOT NULL AND tax IS NULL
            THEN {'column': 'tax', 'reason': money_fault(tax_text), 'found': tax_text}
        WHEN total_text IS NOT NULL AND total IS NULL
            THEN {'column': 'total', 'reason': money_fault(total_text), 'found': total_text}
        WHEN debit_text IS NOT NULL AND debit IS NULL
            THEN {'column': 'debit', 'reason': money_fault(debit_text), 'found': debit_text}
        WHEN credit_text IS NOT NULL AND credit IS NULL
            THEN {'column': 'credit', 'reason': money_fault(credit_text), 'found': credit_text}
        WHEN amount IS NULL AND total_cny IS NULL THEN {'column': 'amount', 'reason': 'money_missing', 'found': NULL}
        -- A payment on the debit side would look like a second booking.
        WHEN regexp_full_match(direction_text, '[借贷]方?') AND NOT $is_sided
            THEN {'column': 'direction', 'reason': 'debit_or_credit', 'found': direction_text}
        WHEN direction IS NULL THEN {'column': 'direction', 'reason': 'direction_unknown', 'found': direction_text}
        WHEN direction_value(direction_text) <> direction
            THEN {'column': 'direction', 'reason': 'direction_contradicts', 'found': direction_text}
        WHEN taxpayer_id IS NULL THEN {'column': 'taxpayer_id', 'reason': 'taxpayer_unknown', 'found': taxpayer_name}
    END AS fault
FROM signed;

CREATE OR REPLACE TEMP TABLE new_reject AS
SELECT sheet, row_number, fault.column AS column_name, fault.reason AS reason, fault.found AS found
FROM judged_ledger WHERE fault IS NOT NULL;

-- By what a line is known again: without a voucher by its day.
CREATE OR REPLACE TEMP MACRO line_content(posted_on, voucher_no, reference, code, party_name, amount, total) AS
    concat_ws('|', coalesce(strftime(posted_on, '%Y-%m') || voucher_no, CAST(posted_on AS VARCHAR)),
              coalesce(reference, ''), coalesce(code, ''), coalesce(party_name, ''),
              coalesce(amount, 0), coalesce(total, 0));

CREATE OR REPLACE TEMP TABLE typed_ledger AS
WITH usable AS (
    SELECT * REPLACE (marked(amount, is_negative) AS amount, marked(tax, is_negative) AS tax)
    FROM judged_ledger WHERE fault IS NULL
),
placed AS (
    SELECT
        *,
        line_content(posted_on, voucher_no, invoice_reference, invoice_code, counterparty_name, amount, total_cny) AS content
    FROM usable
)
SELECT
    md5(concat_ws('|', taxpayer_id, direction, $source_id, content,
        row_number() OVER (PARTITION BY taxpayer_id, direction, content ORDER BY sheet, row_number))) AS record_id,
    taxpayer_id, direction, posted_on, voucher_no, invoice_reference, invoice_code, invoice_date,
    counterparty_tax_id, counterparty_name,
    amount AS amount_cny, tax AS tax_cny, total_cny, summary,
    $observed_at::TIMESTAMP AS observed_at, $source_id AS source_id, $file_name AS source_file, row_number AS source_row
FROM placed;

-- A record is named after its line as it first read, which later lines may read too. So lines are told by how they read last, in
-- the vouchers where something is new or was once corrected.
CREATE OR REPLACE TEMP TABLE known_line AS
WITH sighting AS (
    SELECT *, strftime(posted_on, '%Y-%m') AS month FROM core_ledger__sighting
    WHERE source_id = $source_id AND voucher_no IS NOT NULL
),
doubtful AS (
    SELECT taxpayer_id, direction, strftime(posted_on, '%Y-%m') AS month, voucher_no FROM typed_ledger
    WHERE voucher_no IS NOT NULL AND record_id NOT IN (SELECT record_id FROM sighting)
    UNION
    SELECT taxpayer_id, direction, month, voucher_no FROM sighting
    WHERE record_id IN (SELECT record_id FROM sighting GROUP BY record_id HAVING count(*) > 1)
),
last_read AS (
    SELECT
        s.record_id, taxpayer_id, direction, month, voucher_no, s.source_row,
        line_content(s.posted_on, voucher_no, s.invoice_reference, s.invoice_code, s.counterparty_name, s.amount_cny,
                     s.total_cny) AS content,
        min((s.observed_at, s.source_row)) OVER (PARTITION BY s.record_id) AS first_place
    FROM sighting s
    SEMI JOIN doubtful USING (taxpayer_id, direction, month, voucher_no)
    -- As of the file, which may come late; else as it read soonest after.
    QUALIFY row_number() OVER (
        PARTITION BY s.record_id
        ORDER BY s.observed_at <= $observed_at::TIMESTAMP DESC,
                 abs(epoch_us(s.observed_at) - epoch_us($observed_at::TIMESTAMP)), s.received_at DESC
    ) = 1
)
SELECT
    * EXCLUDE (first_place),
    row_number() OVER (PARTITION BY taxpayer_id, direction, content ORDER BY first_place, record_id) AS copy
FROM last_read;

-- A line that was corrected keeps its record: where a known voucher has as many lines that are gone as lines that are new,
-- they are the same lines in their order. Otherwise nothing is assumed, and the new lines are new records.
CREATE OR REPLACE TEMP TABLE known_again AS
WITH read_line AS (
    SELECT
        *, strftime(posted_on, '%Y-%m') AS month,
        line_content(posted_on, voucher_no, invoice_reference, invoice_code, counterparty_name, amount_cny, total_cny) AS content
    FROM typed_ledger
),
line AS (
    SELECT
        r.record_id, taxpayer_id, direction, month, voucher_no, r.source_row, r.content,
        row_number() OVER (PARTITION BY taxpayer_id, direction, r.content ORDER BY r.source_row, r.record_id) AS copy
    FROM read_line r
    SEMI JOIN known_line USING (taxpayer_id, direction, month, voucher_no)
),
unchanged AS (
    SELECT l.record_id AS read_id, k.record_id AS known_id
    FROM line l JOIN known_line k USING (taxpayer_id, direction, content, copy)
),
-- A correction that was taken back.
known AS (
    FROM unchanged
    UNION ALL
    SELECT record_id, record_id FROM line
    WHERE record_id IN (SELECT record_id FROM known_line)
      AND record_id NOT IN (SELECT read_id FROM unchanged) AND record_id NOT IN (SELECT known_id FROM unchanged)
),
gone AS (
    SELECT *, row_number() OVER (of_voucher ORDER BY source_row, record_id) AS place, count(*) OVER of_voucher AS n_lines
    FROM known_line WHERE record_id NOT IN (SELECT known_id FROM known)
    WINDOW of_voucher AS (PARTITION BY taxpayer_id, direction, month, voucher_no)
),
fresh AS (
    SELECT *, row_number() OVER (of_voucher ORDER BY source_row, record_id) AS place, count(*) OVER of_voucher AS n_lines
    FROM line WHERE record_id NOT IN (SELECT read_id FROM known)
    WINDOW of_voucher AS (PARTITION BY taxpayer_id, direction, month, voucher_no)
),
corrected AS (
    SELECT f.record_id AS read_id, g.record_id AS known_id
    FROM fresh f JOIN gone g USING (taxpayer_id, direction, month, voucher_no, place, n_lines)
),
-- A new line that reads as a known one first did takes a name of its own: of each voucher more lines are known every time.
namesake AS (
    SELECT f.record_id AS read_id, md5(concat_ws('|', f.record_id, count(*))) AS known_id
    FROM fresh f JOIN known_line k USING (taxpayer_id, direction, month, voucher_no)
    WHERE f.record_id IN (SELECT record_id FROM known_line) AND f.record_id NOT IN (SELECT read_id FROM corrected)
    GROUP BY f.record_id
)
FROM known UNION ALL FROM corrected UNION ALL FROM namesake;

UPDATE typed_ledger SET record_id = k.known_id FROM known_again k
WHERE typed_ledger.record_id = k.read_id AND k.known_id <> k.read_id;
