-- what: what has to be judged again tonight, and the pairs that stay cleared because nothing near them changed
-- grain: work_due_upstream, work_due_ledger, work_due_invoice, work_due_entry, work_due, work_touched one row per record;
--        work_carried, work_disturbed one row per pair; and the macro issued_for
-- inputs: recon__cleared, recon__open_record, core_change, work_decided, work_upstream, work_ledger
-- parameters: none
-- A pair is cleared by what its number alone shows: one invoice and one line of that key, all equal. So it stays cleared
-- until one of the two changes, another record takes the key, or a person decides; whether something else names or reverses it is asked
-- every night by `reading`. Everything that is not cleared is judged every night. Pairs are found by their hashes: one
-- more that shares a hash is judged again, to the same result.

CREATE OR REPLACE TEMP TABLE work_touched AS
SELECT side, hash(record_id) AS id_hash FROM core_change
UNION
SELECT side, hash(record_id) FROM work_decided;

-- Each hash on its own: DuckDB then looks for it while it reads, which it does not for two with OR.
CREATE OR REPLACE TEMP TABLE work_disturbed AS
SELECT upstream_id, ledger_id, rowid AS pair_row FROM recon__cleared
WHERE upstream_hash IN (SELECT id_hash FROM work_touched WHERE side = 'upstream')
UNION
SELECT upstream_id, ledger_id, rowid FROM recon__cleared
WHERE ledger_hash IN (SELECT id_hash FROM work_touched WHERE side = 'ledger');

CREATE OR REPLACE TEMP TABLE work_due AS
SELECT side, record_id FROM recon__open_record
UNION
SELECT side, record_id FROM core_change
UNION
SELECT 'upstream', upstream_id FROM work_disturbed
UNION
SELECT 'ledger', ledger_id FROM work_disturbed;

CREATE OR REPLACE TEMP TABLE work_due_invoice AS
SELECT * EXCLUDE (party_hash, written_name) FROM work_upstream
WHERE record_id IN (SELECT record_id FROM work_due WHERE side = 'upstream');

CREATE OR REPLACE TEMP TABLE work_due_entry AS
SELECT * EXCLUDE (party_hash, written_name) FROM work_ledger
WHERE record_id IN (SELECT record_id FROM work_due WHERE side = 'ledger');

-- Pairs whose key a changed record has taken; their own records did not change.
CREATE OR REPLACE TEMP TABLE work_key_taken AS
WITH changed_key AS (
    SELECT clearing_key(taxpayer_id, direction, number, code) AS key_hash
    FROM work_due_invoice
    WHERE record_id IN (SELECT record_id FROM core_change WHERE side = 'upstream')
    UNION
    SELECT clearing_key(taxpayer_id, direction, invoice_reference, invoice_code)
    FROM work_due_entry
    WHERE record_id IN (SELECT record_id FROM core_change WHERE side = 'ledger')
)
SELECT upstream_id, ledger_id, rowid AS pair_row FROM recon__cleared
WHERE key_hash IN (SELECT key_hash FROM changed_key) AND rowid NOT IN (SELECT pair_row FROM work_disturbed);

INSERT INTO work_disturbed SELECT * FROM work_key_taken;

INSERT INTO work_due_invoice
SELECT * EXCLUDE (party_hash, written_name) FROM work_upstream
WHERE record_id IN (
    SELECT upstream_id FROM work_key_taken WHERE upstream_id NOT IN (SELECT record_id FROM work_due WHERE side = 'upstream')
);

INSERT INTO work_due_entry
SELECT * EXCLUDE (party_hash, written_name) FROM work_ledger
WHERE record_id IN (
    SELECT ledger_id FROM work_key_taken WHERE ledger_id NOT IN (SELECT record_id FROM work_due WHERE side = 'ledger')
);

INSERT INTO work_due
SELECT 'upstream', upstream_id FROM work_key_taken
UNION ALL
SELECT 'ledger', ledger_id FROM work_key_taken;

DELETE FROM recon__cleared WHERE rowid IN (SELECT pair_row FROM work_disturbed);

CREATE OR REPLACE TEMP VIEW work_due_upstream AS
SELECT *, party_key(party_id) AS party_hash, text_hash(party_name) AS written_name FROM work_due_invoice;

CREATE OR REPLACE TEMP VIEW work_due_ledger AS
SELECT *, party_key(party_id) AS party_hash, text_hash(party_name) AS written_name FROM work_due_entry;

CREATE OR REPLACE TEMP VIEW work_due_name AS
SELECT party_name FROM work_due_invoice UNION ALL SELECT party_name FROM work_due_entry;

CREATE OR REPLACE TEMP VIEW work_carried AS SELECT upstream_id, ledger_id, number, key_hash, upstream_hash, tail_hash FROM recon__cleared;

-- Invoices whose total or amount stands in a table of wanted money (money_kind, money), one row for each of the two that does.
-- Tonight few have such money: each of the two is looked for by itself, so that DuckDB passes over the others while it reads.
CREATE OR REPLACE TEMP MACRO issued_for(wanted) AS TABLE
SELECT *, 'total' AS money_kind, total_cny AS money FROM work_upstream
WHERE total_cny IN (SELECT money FROM query_table(wanted) WHERE money_kind = 'total')
UNION ALL
SELECT *, 'amount', amount_cny FROM work_upstream
WHERE amount_cny IN (SELECT money FROM query_table(wanted) WHERE money_kind = 'amount');
