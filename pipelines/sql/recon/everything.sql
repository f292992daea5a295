-- what: a full judgement: every record is due, nothing is carried over
-- grain: work_due_upstream, work_due_ledger one row per record; work_due_name one row per name and column; work_carried, work_due none: no earlier result is there
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
