-- what: cleared pairs whose invoice another line names or a red letter reverses: they are judged with the others
-- grain: work_reopened one row per reopened pair
-- inputs: work_named, work_cited_pair, work_red_pair, work_known, work_ledger, work_open_ledger, work_reference, work_cleared
-- parameters: none

CREATE OR REPLACE TEMP TABLE work_reopened AS
SELECT upstream_id, ledger_id, rule FROM work_cited_pair
WHERE upstream_id IN (SELECT upstream_id FROM work_named)
   OR upstream_id IN (SELECT blue_id FROM work_red_pair WHERE is_full);

INSERT INTO work_named
SELECT ledger_id, upstream_id, rule, 1, rule = 'exact_key', TRUE, NULL, NULL, FALSE FROM work_reopened;

UPDATE work_known SET is_cleared = FALSE WHERE record_id IN (SELECT upstream_id FROM work_reopened);

-- No id is empty; a small side that is filtered is what DuckDB looks for while it reads the large one.
INSERT INTO work_open_ledger BY NAME
SELECT
    l.* EXCLUDE (written_name, summary) REPLACE (said_party_key(l.party_id) AS party_hash), name_key(l.party_name) AS name_hash,
    l.invoice_reference AS plain, l.invoice_code AS code, [l.invoice_reference] AS tokens
FROM work_ledger l WHERE l.record_id IN (SELECT ledger_id FROM work_reopened WHERE ledger_id <> '');

-- Their number can be read, whatever becomes of them.
INSERT INTO work_reference BY NAME
SELECT
    record_id AS ledger_id, 1 AS alt, 'plain' AS form, code, plain AS number, 1 AS position, 1 AS n_numbers,
    FALSE AS is_placeholder
FROM work_open_ledger WHERE record_id IN (SELECT ledger_id FROM work_reopened);

DELETE FROM work_cleared WHERE upstream_id IN (SELECT upstream_id FROM work_reopened);
