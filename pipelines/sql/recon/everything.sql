-- what: a full judgement: every record is due, nothing is carried over
-- grain: work_due_upstream, work_due_ledger one row per record; work_due_name one row per name and column; work_carried, work_due none: no earlier result is there; and the
--        macro issued_for
-- inputs: work_upstream, work_ledger, core_upstream__invoice, core_ledger__entry
-- parameters: none

CREATE OR REPLACE TEMP VIEW work_due_upstream AS SELECT * FROM work_upstream;

CREATE OR REPLACE TEMP VIEW work_due_ledger AS SELECT * FROM work_ledger;

-- Column by column, as they are stored: DuckDB then looks at each text of a dictionary once.
CREATE OR REPLACE TEMP VIEW work_due_name AS
SELECT DISTINCT seller_name AS party_name FROM core_upstream__invoice
UNION ALL
SELECT DISTINCT buyer_name FROM core_upstream__invoice
UNION ALL
SELECT DISTINCT counterparty_name FROM core_ledger__entry;

CREATE OR REPLACE TEMP VIEW work_carried AS
SELECT
    NULL::VARCHAR AS upstream_id, NULL::VARCHAR AS ledger_id, NULL::VARCHAR AS number, NULL::UBIGINT AS key_hash,
    NULL::UBIGINT AS upstream_hash, NULL::UBIGINT AS tail_hash
WHERE FALSE;

CREATE OR REPLACE TEMP TABLE work_due (side VARCHAR, record_id VARCHAR);

-- Invoices whose total or amount stands in a table of wanted money (money_kind, money), one row for each of the two that does.
-- Of all records a third may have such money: one scan tells.
CREATE OR REPLACE TEMP MACRO issued_for(wanted) AS TABLE
WITH asked AS (
    SELECT
        *,
        coalesce(total_cny IN (SELECT money FROM query_table(wanted) WHERE money_kind = 'total'), FALSE) AS is_total,
        coalesce(amount_cny IN (SELECT money FROM query_table(wanted) WHERE money_kind = 'amount'), FALSE) AS is_amount
    FROM work_upstream
)
SELECT
    * EXCLUDE (is_total, is_amount),
    unnest(CASE WHEN is_total AND is_amount THEN ['total', 'amount'] WHEN is_total THEN ['total'] ELSE ['amount'] END)
        AS money_kind,
    CASE money_kind WHEN 'total' THEN total_cny ELSE amount_cny END AS money
FROM asked WHERE is_total OR is_amount;
