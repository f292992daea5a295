-- what: both sides as the rules compare them, as views: nothing is copied before it is known to be needed
-- grain: work_upstream one row per invoice; work_ledger one row per ledger line
-- inputs: core_upstream__invoice, core_ledger__entry
-- parameters: none
-- party_hash, written_name: the party's id as party_key, its name as written as 64 bits, for whoever compares everybody. They
-- are taken from a column as it is stored, not from the one that is chosen by direction: so DuckDB looks at each text of a
-- dictionary once, not at every row. Who needs few rows takes the keys of those.

CREATE OR REPLACE TEMP VIEW work_upstream AS
SELECT
    record_id, taxpayer_id, direction,
    padded_number(invoice_number) AS number,
    invoice_code AS code,
    paper_number,
    CAST(issued_at AS DATE) AS issued_on,
    CASE direction WHEN 'input' THEN seller_tax_id ELSE buyer_tax_id END AS party_id,
    CASE direction WHEN 'input' THEN seller_name ELSE buyer_name END AS party_name,
    CASE direction WHEN 'input' THEN seller_id_hash ELSE buyer_id_hash END AS party_hash,
    CASE direction WHEN 'input' THEN seller_hash ELSE buyer_hash END AS written_name,
    amount_cny, tax_cny, total_cny, status, is_red, original_invoice_number, remark, observed_at
FROM (
    SELECT
        *, text_hash(seller_name) AS seller_hash, text_hash(buyer_name) AS buyer_hash,
        party_key(seller_tax_id) AS seller_id_hash, party_key(buyer_tax_id) AS buyer_id_hash
    FROM core_upstream__invoice
);

CREATE OR REPLACE TEMP VIEW work_ledger AS
SELECT
    record_id, taxpayer_id, direction, posted_on, voucher_no, invoice_reference, invoice_code, invoice_date,
    counterparty_tax_id AS party_id,
    counterparty_name AS party_name,
    party_key(counterparty_tax_id) AS party_hash,
    text_hash(counterparty_name) AS written_name,
    amount_cny, tax_cny, total_cny, summary,
    coalesce(total_cny, amount_cny + tax_cny) AS line_total,
    coalesce(amount_cny, total_cny - tax_cny) AS line_amount
FROM core_ledger__entry;
