-- what: the new rows of a tax-side file with their meaning, and what is wrong with those that have none
-- grain: typed_upstream one row per usable invoice of the file; new_reject one row per unusable source row
-- inputs: incoming (raw rows), own_taxpayer, own_status, status_text, kind_code
-- parameters: $file_id, $source_id, $file_name, $taxpayer_id, $direction, $grain, $observed_at, $placeholders,
--   $date_formats, $negate

CREATE OR REPLACE TEMP TABLE clean_row AS
WITH cleaned AS (
    SELECT sheet, row_number, is_negative, clean_text(COLUMNS(* EXCLUDE (sheet, row_number, is_negative, other_cells)))
    FROM incoming
)
SELECT
    sheet, row_number, is_negative,
    cell_value(COLUMNS(* EXCLUDE (sheet, row_number, is_negative)), $placeholders::VARCHAR[])
FROM cleaned;

CREATE OR REPLACE TEMP TABLE read_upstream AS
SELECT
    sheet, row_number, is_negative,
    coalesce(taxpayer_id, $taxpayer_id) AS own_id,
    direction AS direction_text, coalesce($direction, direction_value(direction)) AS way,
    number_digits(invoice_code) AS code_digits, invoice_code AS code_text,
    coalesce(digital_invoice_number, invoice_number) AS number_text,
    number_digits(coalesce(digital_invoice_number, invoice_number)) AS number_digits,
    CASE WHEN digital_invoice_number IS NOT NULL THEN number_digits(invoice_number) END AS paper_digits,
    kind AS kind_text, issued_at AS issued_text, file_time(issued_at, $date_formats::VARCHAR[]) AS issued_at,
    upper(seller_tax_id) AS seller_tax_id, seller_name, upper(buyer_tax_id) AS buyer_tax_id, buyer_name,
    amount AS amount_text, turned(money_value(amount), 'amount', $negate::VARCHAR[]) AS amount,
    tax AS tax_text, turned(money_value(tax), 'tax', $negate::VARCHAR[]) AS tax,
    total AS total_text, turned(money_value(total), 'total', $negate::VARCHAR[]) AS total,
    status AS status_text, is_positive AS positive_text, remark AS remark
FROM clean_row;

CREATE OR REPLACE TEMP TABLE judged_upstream AS
WITH sided AS (
    -- Us is the company that the row or its source states, else any of ours.
    SELECT
        *,
        coalesce(CASE WHEN own_id IS NULL THEN seller_tax_id IN (SELECT id FROM own_taxpayer)
                 ELSE seller_tax_id = upper(own_id) END, FALSE) AS is_seller,
        coalesce(CASE WHEN own_id IS NULL THEN buyer_tax_id IN (SELECT id FROM own_taxpayer)
                 ELSE buyer_tax_id = upper(own_id) END, FALSE) AS is_buyer
    FROM read_upstream
),
directed AS (
    SELECT
        r.*, coalesce(o.status, s.status) AS known_status,
        way IS NULL AND own_id IS NULL AND is_seller AND is_buyer AND seller_tax_id <> buyer_tax_id AS is_between_ours,
        CASE
            WHEN way IS NOT NULL THEN way
            WHEN is_seller THEN 'output'
            WHEN is_buyer THEN 'input'
            -- A file that keeps one party only keeps the other one: the side that is blank is ours.
            WHEN own_id IS NOT NULL AND seller_tax_id IS NULL AND buyer_tax_id IS NOT NULL THEN 'output'
            WHEN own_id IS NOT NULL AND buyer_tax_id IS NULL AND seller_tax_id IS NOT NULL THEN 'input'
        END AS direction
    FROM sided r
    LEFT JOIN own_status o ON o.text = r.status_text
    LEFT JOIN status_text s ON s.text = r.status_text
),
owned AS (
    SELECT
        *,
        CASE WHEN length(code_digits) IN (9, 11) THEN '0' || code_digits ELSE code_digits END AS invoice_code,
        CASE WHEN length(number_digits) < 8 THEN lpad(number_digits, 8, '0') ELSE number_digits END AS invoice_number,
        coalesce(own_id, CASE direction WHEN 'output' THEN seller_tax_id WHEN 'input' THEN buyer_tax_id END) AS taxpayer_id,
        CASE direction WHEN 'output' THEN is_seller ELSE is_buyer END AS is_as_said,
        CASE direction WHEN 'output' THEN seller_tax_id ELSE buyer_tax_id END AS our_tax_id,
        seller_tax_id IN (SELECT id FROM own_taxpayer) OR buyer_tax_id IN (SELECT id FROM own_taxpayer) AS is_of_ours,
        concat_ws(' / ', seller_tax_id, buyer_tax_id) AS parties
    FROM directed
)
SELECT
    *,
    CASE
        WHEN number_text IS NULL THEN {'column': 'invoice_number', 'reason': 'number_missing', 'found': NULL}
        WHEN is_float(number_text) THEN {'column': 'invoice_number', 'reason': 'digits_lost', 'found': number_text}
        WHEN number_digits IS NULL THEN {'column': 'invoice_number', 'reason': 'number_unreadable', 'found': number_text}
        -- A spreadsheet keeps 15 digits of a number and writes zeros for the rest: such a number names any invoice.
        WHEN length(number_digits) = 20 AND number_digits LIKE '%00000'
            THEN {'column': 'invoice_number', 'reason': 'digits_lost', 'found': number_text}
        WHEN length(number_digits) NOT IN (20) AND length(number_digits) > 8
            THEN {'column': 'invoice_number', 'reason': 'number_unreadable', 'found': number_text}
        WHEN code_text IS NOT NULL AND coalesce(length(code_digits), 0) NOT BETWEEN 9 AND 12
            THEN {'column': 'invoice_code', 'reason': 'code_unreadable', 'found': code_text}
        WHEN issued_text IS NULL THEN {'column': 'issued_at', 'reason': 'date_missing', 'found': NULL}
        WHEN issued_at IS NULL THEN {'column': 'issued_at', 'reason': 'date_unreadable', 'found': issued_text}
        WHEN amount_text IS NULL AND (total_text IS NULL OR tax_text IS NULL)
            THEN {'column': 'amount', 'reason': 'money_missing', 'found': NULL}
        WHEN amount_text IS NOT NULL AND amount IS NULL
            THEN {'column': 'amount', 'reason': money_fault(amount_text), 'found': amount_text}
        WHEN tax_text IS NOT NULL AND tax IS NULL AND tax_text NOT IN ('免税', '不征税', '***')
            THEN {'column': 'tax', 'reason': money_fault(tax_text), 'found': tax_text}
        WHEN total_text IS NOT NULL AND total IS NULL
            THEN {'column': 'total', 'reason': money_fault(total_text), 'found': total_text}
        WHEN status_text IS NOT NULL AND known_status IS NULL
            THEN {'column': 'status', 'reason': 'status_unknown', 'found': status_text}
        WHEN direction_value(direction_text) <> way
            THEN {'column': 'direction', 'reason': 'direction_contradicts', 'found': direction_text}
        WHEN NOT is_as_said AND (is_seller OR is_buyer)
            THEN {'column': if(direction = 'output', 'seller_tax_id', 'buyer_tax_id'), 'reason': 'other_side', 'found': parties}
        WHEN direction IS NULL OR (NOT is_as_said AND our_tax_id IS NOT NULL)
            THEN {'column': 'seller_tax_id', 'reason': if(is_of_ours, 'other_taxpayer', 'not_ours'), 'found': parties}
        WHEN taxpayer_id IS NULL THEN {'column': 'taxpayer_id', 'reason': 'taxpayer_unknown', 'found': NULL}
    END AS fault
FROM owned;

CREATE OR REPLACE TEMP TABLE new_reject AS
SELECT sheet, row_number, fault.column AS column_name, fault.reason AS reason, fault.found AS found
FROM judged_upstream WHERE fault IS NOT NULL;

-- A line of an invoice that cannot be read makes the sum of the invoice unknown: its other lines go with it.
INSERT INTO new_reject
SELECT l.sheet, l.row_number, 'invoice_number', 'line_rejected', l.number_text
FROM judged_upstream l
SEMI JOIN judged_upstream f
  ON f.fault IS NOT NULL AND f.invoice_number = l.invoice_number
 AND (length(l.invoice_number) = 20 OR f.fault.reason = 'code_unreadable' OR f.invoice_code IS NOT DISTINCT FROM l.invoice_code)
WHERE $grain = 'line' AND l.fault IS NULL;

CREATE OR REPLACE TEMP TABLE typed_upstream AS
WITH used AS (
    SELECT j.* FROM judged_upstream j
    ANTI JOIN new_reject n ON n.sheet = j.sheet AND n.row_number = j.row_number
),
usable AS (
    FROM used
    UNION ALL BY NAME
    -- Between two of our own companies: the seller's sale is the buyer's purchase.
    SELECT * REPLACE ('input' AS direction, buyer_tax_id AS taxpayer_id) FROM used WHERE is_between_ours
),
line AS (
    SELECT
        *,
        CASE WHEN length(paper_digits) <= 8 THEN lpad(paper_digits, 8, '0') END AS paper_number,
        marked(coalesce(amount, total - tax), is_negative) AS amount_cny,
        marked(coalesce(tax, total - amount, 0), is_negative) AS tax_cny,
        marked(coalesce(total, amount + coalesce(tax, 0)), is_negative) AS total_cny,
        -- Lines of one invoice become one row, on whichever sheets they stand; a sheet of invoices keeps every row, also a
        -- repeated one.
        CASE WHEN $grain = 'line' THEN '' ELSE sheet END AS part,
        CASE WHEN $grain = 'line' THEN 0 ELSE row_number END AS place
    FROM usable
),
invoice AS (
    SELECT
        taxpayer_id, direction, invoice_code, invoice_number, part, place,
        any_value(paper_number) AS paper_number,
        arg_min(row_number, (sheet, row_number)) AS source_row, any_value(kind_text) AS kind_text, min(issued_at) AS issued_at,
        any_value(seller_tax_id) AS seller_tax_id, any_value(seller_name) AS seller_name,
        any_value(buyer_tax_id) AS buyer_tax_id, any_value(buyer_name) AS buyer_name,
        sum(amount_cny)::DECIMAL(18,2) AS amount_cny, sum(tax_cny)::DECIMAL(18,2) AS tax_cny,
        sum(total_cny)::DECIMAL(18,2) AS total_cny,
        any_value(known_status) AS status, any_value(positive_text) AS positive_text,
        any_value(remark) AS remark
    FROM line
    GROUP BY ALL
),
numbered AS (
    SELECT
        *,
        -- Twenty digits are the key alone: one file keeps the code of the paper beside them, another does not.
        CASE WHEN length(invoice_number) = 20 THEN '' ELSE coalesce(invoice_code, '') END AS key_code,
        -- Eight digits without a code repeat between parties: the party is part of such a row's identity.
        CASE WHEN length(invoice_number) = 8 AND invoice_code IS NULL
             THEN concat_ws('/', seller_tax_id, buyer_tax_id, seller_name, CAST(issued_at AS DATE), total_cny) END AS weak_part
    FROM invoice
)
SELECT
    md5(concat_ws('|', taxpayer_id, direction, key_code, invoice_number, coalesce(weak_part, ''),
        row_number() OVER (
            PARTITION BY taxpayer_id, direction, key_code, invoice_number, weak_part ORDER BY part, source_row
        ))) AS record_id,
    taxpayer_id, direction, invoice_code, invoice_number, paper_number,
    coalesce(k.kind, regexp_replace(kind_text, '^(全电发票|数电发票)', '数电票')) AS kind,
    issued_at,
    coalesce(seller_tax_id, CASE direction WHEN 'output' THEN taxpayer_id END) AS seller_tax_id, seller_name,
    coalesce(buyer_tax_id, CASE direction WHEN 'input' THEN taxpayer_id END) AS buyer_tax_id, buyer_name,
    amount_cny, tax_cny, total_cny, status,
    coalesce(positive_text IN ('否', 'N', 'FALSE', '0'), FALSE) OR total_cny < 0 OR amount_cny < 0 AS is_red,
    coalesce(
        nullif(regexp_extract(remark, '蓝字(?:数电)?(?:发)?票?号码\s*[:：]?\s*([0-9]{8,20})', 1), ''),
        nullif(regexp_extract(remark, '对应正数发票代码\s*[:：]?\s*[0-9]{10,12}\s*号码\s*[:：]?\s*([0-9]{8,20})', 1), ''),
        nullif(regexp_extract(remark, '蓝字发票代码\s*[:：]?\s*[0-9]{10,12}\s*号码\s*[:：]?\s*([0-9]{8,20})', 1), '')
    ) AS original_invoice_number,
    remark, $observed_at::TIMESTAMP AS observed_at, $source_id AS source_id, $file_name AS source_file, source_row
FROM numbered
LEFT JOIN kind_code k ON k.code = kind_text;
