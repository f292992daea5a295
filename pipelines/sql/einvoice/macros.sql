-- what: scalar macros of comparing witnesses: one difference in words, and lists of them
-- grain: none
-- inputs: none
-- parameters: none

CREATE OR REPLACE TEMP MACRO difference(field_name, shown_zh, shown_en) AS {
    'field': field_name,
    'zh': CASE field_name
        WHEN 'total_cny' THEN '价税合计' WHEN 'amount_cny' THEN '金额' WHEN 'tax_cny' THEN '税额'
        WHEN 'issued_at' THEN '开票日期' WHEN 'seller' THEN '销方' ELSE '购方' END || ' ' || shown_zh,
    'en': CASE field_name
        WHEN 'total_cny' THEN 'total' WHEN 'amount_cny' THEN 'amount' WHEN 'tax_cny' THEN 'tax'
        WHEN 'issued_at' THEN 'date of issue' ELSE field_name END || ' ' || shown_en
};

-- What the file says beside what the tax system, or the ledger, says.
CREATE OR REPLACE TEMP MACRO beside_upstream(field_name, said, other) AS
    difference(field_name, '文件 ' || said || '、税务系统 ' || other, 'file ' || said || ', tax system ' || other);

CREATE OR REPLACE TEMP MACRO beside_ledger(field_name, said, other) AS
    difference(field_name, '文件 ' || said || '、账 ' || other, 'file ' || said || ', ledger ' || other);

-- Aggregate: what every kind of witness says, 'total OFD 1.00, QR 2.00'.
CREATE OR REPLACE TEMP MACRO each_said(field_name, witness, shown) AS difference(
    field_name,
    string_agg(DISTINCT upper(split_part(witness, '_', 1)) || ' ' || shown, '、'
               ORDER BY upper(split_part(witness, '_', 1)) || ' ' || shown),
    string_agg(DISTINCT upper(split_part(witness, '_', 1)) || ' ' || shown, ', '
               ORDER BY upper(split_part(witness, '_', 1)) || ' ' || shown)
);

CREATE OR REPLACE TEMP MACRO only_known(differences) AS list_filter(differences, lambda d: d IS NOT NULL);

CREATE OR REPLACE TEMP MACRO money_differs(said, other) AS coalesce(said <> other, FALSE);

-- {0} to {8} of reference/witness_sentences.toml, in the order of PLACES in pipelines/einvoice/stage.py.
CREATE OR REPLACE TEMP MACRO fill_witness(template, facts, detail) AS
    format(template, facts.number, facts.party, facts.total, facts.issued_on, facts.files, facts.voucher, detail,
           facts.parties, facts.owner);
