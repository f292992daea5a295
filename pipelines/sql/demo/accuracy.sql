-- what: planted against judged, record by record
-- grain: one row per planted verdict and cause and judged verdict and cause; NULL where one side has no such record
-- inputs: demo_expected (what a perfect reconciliation says), recon__item, recon__member, core_*
-- parameters: none
WITH record AS (
    SELECT
        'upstream' AS side,
        record_id,
        COALESCE(invoice_code, '') || '/' || invoice_number AS match_key
    FROM core_upstream__invoice
    UNION ALL
    SELECT
        'ledger' AS side,
        record_id,
        CASE
            WHEN voucher_no IS NULL
                THEN source_id || '/' || COALESCE(invoice_code, '') || '/' || COALESCE(invoice_reference, '')
            ELSE source_id || '/' || voucher_no || '/' || strftime(posted_on, '%Y-%m')
        END AS match_key
    FROM core_ledger__entry
),

judged AS (
    SELECT
        record.side,
        record.match_key,
        item.verdict,
        item.cause,
        -- an invoice that is listed twice has its key twice: compare the two as they sort
        row_number() OVER (PARTITION BY record.side, record.match_key ORDER BY item.verdict, item.cause) AS place
    FROM record
    JOIN recon__member AS member ON member.side = record.side AND member.record_id = record.record_id
    JOIN recon__item AS item ON item.item_id = member.item_id
),

planted AS (
    SELECT
        side,
        match_key,
        verdict,
        cause,
        row_number() OVER (PARTITION BY side, match_key ORDER BY verdict, cause) AS place
    FROM demo_expected
)

SELECT
    planted.verdict AS planted_verdict,
    planted.cause AS planted_cause,
    judged.verdict AS judged_verdict,
    judged.cause AS judged_cause,
    count(*) AS records
FROM planted
FULL JOIN judged
    ON judged.side = planted.side
    AND judged.match_key = planted.match_key
    AND judged.place = planted.place
GROUP BY ALL
ORDER BY records DESC, planted_verdict, planted_cause, judged_verdict, judged_cause;
