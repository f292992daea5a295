-- what: the finding and the sentence of every e-invoice; replaces what the last night said
-- grain: recon__witness one row per e-invoice, taxpayer and direction
-- inputs: work_einvoice_compared, witness_sentence
-- parameters: $as_of, $grace_hours, $booking_days, $max_files: how many files a sentence names

CREATE OR REPLACE TEMP TABLE work_einvoice_found AS
SELECT
    *,
    CASE
        WHEN is_foreign THEN 'not_ours'
        WHEN len(differences) > 0 THEN 'files_differ'
        WHEN status IN ('void', 'red_full') AND NOT is_red THEN 'upstream_dead'
        WHEN len(upstream_differences) > 0 THEN 'upstream_differs'
        WHEN len(ledger_differences) > 0 THEN 'ledger_differs'
        WHEN upstream_record_id IS NULL AND NOT is_booked
            THEN CASE WHEN is_covered AND issued_at + to_hours($grace_hours) <= $as_of THEN 'unknown' ELSE 'waits' END
        WHEN NOT is_booked AND verdict IN ('pending', 'missing_ledger') THEN 'not_booked'
        WHEN upstream_record_id IS NULL THEN 'not_upstream'
        ELSE 'agrees'
    END AS finding
FROM work_einvoice_compared;

DELETE FROM recon__witness;

INSERT INTO recon__witness BY NAME
WITH worded AS (
    SELECT
        *,
        CASE finding
            WHEN 'files_differ' THEN differences
            WHEN 'upstream_differs' THEN upstream_differences
            WHEN 'ledger_differs' THEN ledger_differences
            ELSE []
        END AS told,
        CASE
            WHEN finding = 'upstream_dead' AND is_booked THEN 'upstream_dead.booked'
            WHEN finding = 'upstream_dead' THEN 'upstream_dead.' || CASE status WHEN 'void' THEN 'void' ELSE 'reversed' END
            WHEN finding = 'unknown' AND taxpayer_id IS NULL THEN 'unknown.unclear'
            WHEN finding = 'waits' AND coalesce(issued_at + to_hours($grace_hours) <= $as_of, TRUE) THEN 'waits.uncovered'
            WHEN finding = 'agrees' AND verdict <> 'matched' THEN 'agrees.item'
            ELSE finding
        END AS sentence_key,
        CASE direction WHEN 'output' THEN buyer_tax_id WHEN 'input' THEN seller_tax_id END AS party_tax_id,
        CASE direction WHEN 'output' THEN buyer_name WHEN 'input' THEN seller_name END AS party_name
    FROM work_einvoice_found
),
filled AS (
    SELECT
        *,
        {
            'number': shown_number(invoice_code, invoice_number),
            'party': coalesce(party_name, upstream_party, party_tax_id, seller_name, '—'),
            'total': coalesce(money_text(coalesce(total_cny, amount_cny)), '—'),
            'issued_on': coalesce(CAST(issued_on AS VARCHAR), '—'),
            'files': array_to_string(source_files[1:$max_files], '、')
                     || CASE WHEN len(source_files) > $max_files THEN ' …' ELSE '' END,
            'voucher': coalesce(vouchers, '—'),
            'parties': coalesce(seller_name, seller_tax_id, '—') || ' → ' || coalesce(buyer_name, buyer_tax_id, '—'),
            'owner': coalesce(taxpayer_id, '—')
        } AS facts
    FROM worded
)
SELECT
    f.witness_id, f.taxpayer_id, f.direction, f.invoice_code, f.invoice_number, f.issued_at, f.party_tax_id, f.party_name,
    f.amount_cny, f.tax_cny, f.total_cny, f.is_red, f.witnesses, f.source_files, f.upstream_record_id, f.item_id,
    f.is_booked, f.finding,
    CASE
        WHEN finding IN ('not_ours', 'files_differ', 'upstream_differs', 'ledger_differs', 'unknown') THEN TRUE
        -- Booked, its item says so. Not booked, somebody may still hand the file in, but not for ever.
        WHEN finding = 'upstream_dead' AND is_booked THEN verdict <> 'matched'
        WHEN finding = 'upstream_dead' THEN coalesce(issued_at + to_days($booking_days) > $as_of, FALSE)
        WHEN finding IN ('not_booked', 'not_upstream') THEN verdict NOT IN ('pending', 'not_compared')
        ELSE FALSE
    END AS is_finding,
    list_transform(f.told, lambda d: d.field) AS differing_fields,
    fill_witness(s.zh, facts, array_to_string(list_transform(f.told, lambda d: d.zh), '；')) AS explanation_zh,
    fill_witness(s.en, facts, array_to_string(list_transform(f.told, lambda d: d.en), '; ')) AS explanation_en
FROM filled f
JOIN witness_sentence s ON s.key = f.sentence_key;
