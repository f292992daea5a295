-- what: the new rows of a ledger file with their meaning, and what is wrong with those that have none
-- grain: typed_ledger one row per usable line of the file; new_reject one row per unusable source row
-- inputs: incoming (raw rows), own_taxpayer
-- parameters: $file_id, $source_id, $file_name, $taxpayer_id, $direction, $grain, $observed_at

CREATE OR REPLACE TEMP TABLE clean_row AS
SELECT sheet, row_number, clean_text(COLUMNS(* EXCLUDE (sheet, row_number, other_cells))) FROM incoming;

CREATE OR REPLACE TEMP TABLE read_ledger AS
SELECT
    sheet, row_number,
    coalesce(taxpayer_id, $taxpayer_id,
             (SELECT min(id) FROM own_taxpayer HAVING count(*) = 1)) AS taxpayer_id,
    coalesce($direction, CASE direction WHEN '进项' THEN 'input' WHEN '销项' THEN 'output'
             ELSE direction END) AS direction,
    posted_on AS posted_text, CAST(time_value(posted_on) AS DATE) AS posted_on,
    voucher_no AS voucher_no, line_no AS line_no,
    invoice_reference AS invoice_reference, invoice_code AS invoice_code,
    invoice_date AS date_text, CAST(time_value(invoice_date) AS DATE) AS invoice_date,
    counterparty_tax_id AS counterparty_tax_id, counterparty_name AS counterparty_name,
    amount AS amount_text, money_value(amount) AS amount,
    tax AS tax_text, money_value(tax) AS tax,
    total AS total_text, money_value(total) AS total,
    debit AS debit_text, money_value(debit) AS debit,
    credit AS credit_text, money_value(credit) AS credit,
    summary AS summary
FROM clean_row;

CREATE OR REPLACE TEMP TABLE judged_ledger AS
WITH signed AS (
    SELECT
        *,
        -- A line of a general ledger: payables grow on the credit side, receivables on the debit side.
        coalesce(total, CASE
            WHEN debit_text IS NULL AND credit_text IS NULL THEN NULL
            WHEN direction = 'input' THEN coalesce(credit, 0) - coalesce(debit, 0)
            ELSE coalesce(debit, 0) - coalesce(credit, 0)
        END) AS total_cny
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
            THEN {'column': 'amount', 'found': amount_text, 'reason': CASE
                  WHEN try_cast(clean_money(amount_text) AS DOUBLE) IS NULL THEN 'money_unreadable' ELSE 'money_fraction' END}
        WHEN tax_text IS NOT NULL AND tax IS NULL
            THEN {'column': 'tax', 'found': tax_text, 'reason': CASE
                  WHEN try_cast(clean_money(tax_text) AS DOUBLE) IS NULL THEN 'money_unreadable' ELSE 'money_fraction' END}
        WHEN total_text IS NOT NULL AND total IS NULL
            THEN {'column': 'total', 'found': total_text, 'reason': CASE
                  WHEN try_cast(clean_money(total_text) AS DOUBLE) IS NULL THEN 'money_unreadable' ELSE 'money_fraction' END}
        WHEN (debit_text IS NOT NULL AND debit IS NULL) OR (credit_text IS NOT NULL AND credit IS NULL)
            THEN {'column': 'debit', 'reason': 'money_unreadable', 'found': concat_ws(' / ', debit_text, credit_text)}
        WHEN amount IS NULL AND total_cny IS NULL THEN {'column': 'amount', 'reason': 'money_missing', 'found': NULL}
        WHEN direction IS NULL OR direction NOT IN ('input', 'output')
            THEN {'column': 'direction', 'reason': 'direction_unknown', 'found': direction}
        WHEN taxpayer_id IS NULL THEN {'column': 'taxpayer_id', 'reason': 'taxpayer_unknown', 'found': NULL}
    END AS fault
FROM signed;

CREATE OR REPLACE TEMP TABLE new_reject AS
SELECT sheet, row_number, fault.column AS column_name, fault.reason AS reason, fault.found AS found
FROM judged_ledger WHERE fault IS NOT NULL;

CREATE OR REPLACE TEMP TABLE typed_ledger AS
WITH usable AS (SELECT * FROM judged_ledger WHERE fault IS NULL),
placed AS (
    SELECT
        *,
        concat_ws('|', coalesce(strftime(posted_on, '%Y-%m') || voucher_no, CAST(posted_on AS VARCHAR)),
                  coalesce(invoice_reference, ''), coalesce(invoice_code, ''), coalesce(counterparty_name, ''),
                  coalesce(amount, 0), coalesce(total_cny, 0)) AS content
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

-- A line that was corrected keeps its record: where a known voucher has as many lines that are gone as lines that are new,
-- they are the same lines in their order. Otherwise nothing is assumed, and the new lines are new records.
CREATE OR REPLACE TEMP TABLE corrected_line AS
WITH known AS (
    SELECT s.record_id, s.taxpayer_id, s.direction, strftime(s.posted_on, '%Y-%m') AS month, s.voucher_no, s.source_row
    FROM core_ledger__sighting s
    WHERE s.source_id = $source_id AND s.voucher_no IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY s.record_id ORDER BY s.observed_at DESC) = 1
),
gone AS (
    SELECT
        *, row_number() OVER of_voucher AS place,
        count(*) OVER (PARTITION BY taxpayer_id, direction, month, voucher_no) AS n_lines
    FROM known
    WHERE record_id NOT IN (SELECT record_id FROM typed_ledger)
    WINDOW of_voucher AS (PARTITION BY taxpayer_id, direction, month, voucher_no ORDER BY source_row, record_id)
),
fresh AS (
    SELECT
        *, strftime(posted_on, '%Y-%m') AS month, row_number() OVER of_voucher AS place,
        count(*) OVER (PARTITION BY taxpayer_id, direction, strftime(posted_on, '%Y-%m'), voucher_no) AS n_lines
    FROM typed_ledger
    WHERE voucher_no IS NOT NULL AND record_id NOT IN (SELECT record_id FROM known)
    WINDOW of_voucher AS (
        PARTITION BY taxpayer_id, direction, strftime(posted_on, '%Y-%m'), voucher_no ORDER BY source_row, record_id
    )
)
SELECT f.record_id AS new_id, g.record_id AS known_id
FROM fresh f
JOIN gone g USING (taxpayer_id, direction, month, voucher_no, place, n_lines);

UPDATE typed_ledger SET record_id = c.known_id FROM corrected_line c WHERE typed_ledger.record_id = c.new_id;
