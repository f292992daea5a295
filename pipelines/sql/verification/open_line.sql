-- what: ledger lines whose invoice is missing upstream, as the join's reading of references wants them
-- grain: work_due_ledger one row per line
-- inputs: recon__item, recon__member, work_ledger
-- parameters: none
-- A number that no tax system could have issued is not asked for, nor a line that is still within its grace.

CREATE OR REPLACE TEMP TABLE work_cleared (ledger_id VARCHAR, line_key UBIGINT);

CREATE OR REPLACE TEMP TABLE work_due_ledger AS
SELECT l.*
FROM recon__item i
JOIN recon__member m ON m.item_id = i.item_id AND m.side = 'ledger'
JOIN work_ledger l ON l.record_id = m.record_id
WHERE i.cause IN ('not_found', 'upstream_gap');
