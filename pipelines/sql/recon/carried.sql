-- what: what has to be judged again tonight, and the pairs that stay cleared because nothing near them changed
-- grain: work_due_upstream, work_due_ledger one row per record; work_carried one row per pair
-- inputs: recon__cleared, recon__open_record, core_change, work_decided, work_upstream, work_ledger
-- parameters: none
-- A pair is cleared by what its number alone shows: one invoice and one line of that key, all equal. So it stays cleared
-- until one of the two changes, another record takes the key, or a person decides; whether something else names or reverses it is asked
-- every night by `reading`. Everything that is not cleared is judged every night.

CREATE OR REPLACE TEMP TABLE work_changed_key AS
SELECT pair_key(taxpayer_id, direction, shown_number(code, number)) AS key_hash
FROM work_upstream
WHERE record_id IN (SELECT record_id FROM core_change WHERE side = 'upstream')
UNION
SELECT pair_key(taxpayer_id, direction, shown_number(invoice_code, invoice_reference))
FROM work_ledger
WHERE record_id IN (SELECT record_id FROM core_change WHERE side = 'ledger');

CREATE OR REPLACE TEMP TABLE work_disturbed AS
SELECT upstream_id, ledger_id FROM recon__cleared
WHERE key_hash IN (SELECT key_hash FROM work_changed_key)
   OR upstream_id IN (SELECT record_id FROM core_change WHERE side = 'upstream')
   OR ledger_id IN (SELECT record_id FROM core_change WHERE side = 'ledger')
   OR upstream_id IN (SELECT record_id FROM work_decided WHERE side = 'upstream')
   OR ledger_id IN (SELECT record_id FROM work_decided WHERE side = 'ledger');

DELETE FROM recon__cleared WHERE upstream_id IN (SELECT upstream_id FROM work_disturbed);

CREATE OR REPLACE TEMP TABLE work_due AS
SELECT side, record_id FROM recon__open_record
UNION
SELECT side, record_id FROM core_change
UNION
SELECT 'upstream', upstream_id FROM work_disturbed
UNION
SELECT 'ledger', ledger_id FROM work_disturbed;

CREATE OR REPLACE TEMP TABLE work_due_invoice AS
SELECT * FROM work_upstream WHERE record_id IN (SELECT record_id FROM work_due WHERE side = 'upstream');

CREATE OR REPLACE TEMP TABLE work_due_entry AS
SELECT * FROM work_ledger WHERE record_id IN (SELECT record_id FROM work_due WHERE side = 'ledger');

CREATE OR REPLACE TEMP VIEW work_due_upstream AS SELECT * FROM work_due_invoice;

CREATE OR REPLACE TEMP VIEW work_due_ledger AS SELECT * FROM work_due_entry;

CREATE OR REPLACE TEMP VIEW work_carried AS SELECT upstream_id, ledger_id, number FROM recon__cleared;
