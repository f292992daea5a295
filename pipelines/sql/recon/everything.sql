-- what: a full judgement: every record is due, nothing is carried over
-- grain: work_due_upstream, work_due_ledger one row per record; work_carried, work_due none: no earlier result is there
-- inputs: work_upstream, work_ledger
-- parameters: none

CREATE OR REPLACE TEMP VIEW work_due_upstream AS SELECT * FROM work_upstream;

CREATE OR REPLACE TEMP VIEW work_due_ledger AS SELECT * FROM work_ledger;

CREATE OR REPLACE TEMP VIEW work_carried AS
SELECT
    NULL::VARCHAR AS upstream_id, NULL::VARCHAR AS ledger_id, NULL::VARCHAR AS number, NULL::UBIGINT AS upstream_hash,
    NULL::UBIGINT AS tail_hash
WHERE FALSE;

CREATE OR REPLACE TEMP TABLE work_due (side VARCHAR, record_id VARCHAR);
