-- reading_ledger: a ledger as an ERP exports it, every cell as text, its column names those of `plain_ledger_csv`.
-- Grain: one row per entry. Inputs: none.
-- Parameters: rows.
SELECT
    strftime(DATE '2026-01-01' + CAST(n % 300 AS INTEGER), '%Y-%m-%d') AS "记账日期",
    '记-' || CAST(1 + n % 4000 AS VARCHAR) AS "凭证字号",
    '2611' || lpad(CAST(n AS VARCHAR), 16, '0') AS "发票号码",
    '示例' || CAST(n % 5000 AS VARCHAR) || '号科技(北京)有限公司' AS "对方名称",
    CAST(CAST(1 + hash(n) % 9000000 AS DECIMAL(12, 2)) / 100 AS DECIMAL(12, 2)) AS "金额",
    CAST("金额" * 0.13 AS DECIMAL(12, 2)) AS "税额",
    CAST("金额" + "税额" AS DECIMAL(12, 2)) AS "价税合计",
    '采购材料 合同 ' || CAST(n % 900 AS VARCHAR) AS "摘要",
    '进项' AS "方向"
FROM range($rows) AS numbers(n)
