-- What: the findings that ask something of a person, each with what both sides say, the money at stake and its age.
-- Grain: one row per item whose verdict is a finding (matched items are done, pending ones only wait) and that no
--       person has set aside (out__decision).
-- Inputs: recon__item, recon__member, recon__decision, core_upstream__invoice, core_ledger__entry, night__finding, out__night.
-- Parameters: none.
-- At stake: the difference where only an amount or the tax differs, else the whole document (the larger side). A line
-- that keeps no total counts with amount plus tax, or with the amount alone.
CREATE OR REPLACE VIEW out__open_item AS
WITH open_item AS (
    SELECT * FROM recon__item
    WHERE verdict IN ('mismatched', 'duplicate', 'missing_upstream', 'missing_ledger', 'not_compared')
      AND why_not IS DISTINCT FROM 'left_alone'
      AND item_id NOT IN (
          SELECT item_id FROM recon__decision
          WHERE is_honoured AND item_id IS NOT NULL AND kind IN ('accept_difference', 'ignore_until', 'leave_alone')
      )
),
upstream AS (
    SELECT
        m.item_id,
        string_agg(DISTINCT u.shown, '、' ORDER BY u.shown) AS invoice_numbers,
        min(u.issued_at)::DATE AS issued_on,
        arg_min({'name': u.party_name, 'tax_id': u.party_tax_id}, u.record_id)
            FILTER (WHERE COALESCE(u.party_tax_id, u.party_name) IS NOT NULL) AS party,
        sum(u.total_cny)::DECIMAL(18,2) AS total_cny,
        sum(u.amount_cny)::DECIMAL(18,2) AS amount_cny,
        sum(u.tax_cny)::DECIMAL(18,2) AS tax_cny,
        string_agg(DISTINCT u.status, '、' ORDER BY u.status) AS status,
        string_agg(DISTINCT u.source_file || ' #' || u.source_row, '、') AS places
    FROM open_item AS i
    JOIN recon__member AS m ON m.item_id = i.item_id AND m.side = 'upstream'
    JOIN (
        SELECT
            *,
            -- Eight digits are no key without their code.
            CASE WHEN length(invoice_number) = 8 AND invoice_code IS NOT NULL
                 THEN invoice_code || '-' || invoice_number ELSE invoice_number END AS shown,
            CASE direction WHEN 'input' THEN seller_name ELSE buyer_name END AS party_name,
            CASE direction WHEN 'input' THEN seller_tax_id ELSE buyer_tax_id END AS party_tax_id
        FROM core_upstream__invoice
    ) AS u ON u.record_id = m.record_id
    GROUP BY m.item_id
),
ledger AS (
    SELECT
        m.item_id,
        string_agg(DISTINCT l.invoice_reference, '、' ORDER BY l.invoice_reference) AS invoice_references,
        string_agg(DISTINCT l.voucher_no, '、' ORDER BY l.voucher_no) AS vouchers,
        min(l.posted_on) AS posted_on,
        arg_min({'name': l.counterparty_name, 'tax_id': l.counterparty_tax_id}, l.record_id)
            FILTER (WHERE COALESCE(l.counterparty_tax_id, l.counterparty_name) IS NOT NULL) AS party,
        sum(COALESCE(l.total_cny, l.amount_cny + l.tax_cny, l.amount_cny))::DECIMAL(18,2) AS total_cny,
        sum(l.amount_cny)::DECIMAL(18,2) AS amount_cny,
        sum(l.tax_cny)::DECIMAL(18,2) AS tax_cny,
        string_agg(DISTINCT l.source_file || ' #' || l.source_row, '、') AS places
    FROM open_item AS i
    JOIN recon__member AS m ON m.item_id = i.item_id AND m.side = 'ledger'
    JOIN core_ledger__entry AS l ON l.record_id = m.record_id
    GROUP BY m.item_id
),
since AS (
    -- max: an item that came, went and came again has been open since it came back
    SELECT item_id, cause, max(first_night) AS first_night
    FROM night__finding
    WHERE gone_night IS NULL
    GROUP BY item_id, cause
),
joined AS (
    SELECT
        i.*,
        u.invoice_numbers, l.invoice_references, l.vouchers,
        -- Name and tax id of one record: else two companies make a third.
        COALESCE(u.party, l.party).name AS party_name, COALESCE(u.party, l.party).tax_id AS party_tax_id,
        u.issued_on, l.posted_on,
        u.tax_cny AS upstream_tax_cny, l.tax_cny AS ledger_tax_cny, u.status AS upstream_status,
        CASE i.cause
            WHEN 'amount_differs'
                THEN COALESCE(NULLIF(abs(i.difference_cny), 0), NULLIF(abs(l.amount_cny - u.amount_cny), 0))
            WHEN 'tax_differs' THEN NULLIF(abs(l.tax_cny - u.tax_cny), 0)
        END AS part_cny,
        -- greatest() skips NULL: a one-sided item weighs what its only side weighs
        greatest(
            abs(COALESCE(i.upstream_total_cny, u.total_cny)), abs(COALESCE(i.ledger_total_cny, l.total_cny))
        ) AS whole_cny,
        u.places AS upstream_places, l.places AS ledger_places, s.first_night
    FROM open_item AS i
    LEFT JOIN upstream AS u ON u.item_id = i.item_id
    LEFT JOIN ledger AS l ON l.item_id = i.item_id
    LEFT JOIN since AS s ON s.item_id = i.item_id AND s.cause = i.cause
)
SELECT
    j.item_id, j.taxpayer_id, j.direction, j.verdict, j.cause, j.basis, j.needs_review,
    j.invoice_numbers, j.invoice_references, j.vouchers, j.party_name, j.party_tax_id, j.issued_on, j.posted_on,
    COALESCE(j.part_cny, j.whole_cny, 0)::DECIMAL(18,2) AS at_stake_cny,
    j.upstream_total_cny, j.ledger_total_cny, j.difference_cny, j.upstream_tax_cny, j.ledger_tax_cny,
    j.upstream_status, j.first_night,
    date_diff('day', COALESCE(j.issued_on, j.posted_on), n.as_of::DATE) AS age_days,
    date_diff('day', strptime(left(j.first_night, 8), '%Y%m%d')::DATE, n.as_of::DATE) AS open_days,
    j.explanation_zh, j.explanation_en, j.upstream_places, j.ledger_places
FROM joined AS j
CROSS JOIN out__night AS n;
COMMENT ON VIEW out__open_item IS '待处理事项，每项一行 | Open findings, one row per item: what, where, how much, since when';
COMMENT ON COLUMN out__open_item.invoice_numbers IS
    '税务系统的发票号码（8 位的带代码） | upstream invoice numbers, 8 digits with their code, joined by 、';
COMMENT ON COLUMN out__open_item.invoice_references IS '账上所记号码 | references as the ledger has them, joined by 、';
COMMENT ON COLUMN out__open_item.vouchers IS '凭证字号 | voucher numbers, joined by 、';
COMMENT ON COLUMN out__open_item.party_name IS '对方名称 | the other party, from the tax system if it knows it';
COMMENT ON COLUMN out__open_item.party_tax_id IS '对方税号 | tax id of the other party';
COMMENT ON COLUMN out__open_item.issued_on IS '开票日期 | earliest day of issue of its invoices; NULL if not upstream';
COMMENT ON COLUMN out__open_item.posted_on IS '记账日期 | earliest posting date of its ledger lines; NULL if not booked';
COMMENT ON COLUMN out__open_item.at_stake_cny IS
    '涉及金额（元） | the difference where only an amount or the tax differs, else the larger side of the document';
COMMENT ON COLUMN out__open_item.upstream_tax_cny IS '税务系统税额（元） | tax over the upstream members';
COMMENT ON COLUMN out__open_item.ledger_tax_cny IS '账上税额（元） | tax over the ledger members; NULL if not kept';
COMMENT ON COLUMN out__open_item.upstream_status IS '发票状态 | status of its invoices, joined by 、';
COMMENT ON COLUMN out__open_item.first_night IS '首次出现 | night since which it has been open';
COMMENT ON COLUMN out__open_item.age_days IS '单据天数 | days from issue (or posting) to the night''s as_of';
COMMENT ON COLUMN out__open_item.open_days IS '未处理天数 | days since the night that first showed it';
COMMENT ON COLUMN out__open_item.upstream_places IS '税务来源 | file #row of its invoices, joined by 、';
COMMENT ON COLUMN out__open_item.ledger_places IS '账套来源 | file #row of its ledger lines, joined by 、';
