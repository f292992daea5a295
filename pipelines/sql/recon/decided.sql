-- what: what people decided about the records, and whether it still holds as of tonight
-- grain: work_decision one row per decision in force; work_decided one row per decision and record; work_decided_link one
--        row per line and invoice that belong together; work_forbidden per pair that may not be linked
-- inputs: decisions, work_upstream, work_ledger
-- parameters: $as_of
-- A decision of a person is an input and never edits a result. It is compared with the records as they were when it was
-- made: an accepted or ignored difference holds only while they are unchanged, a link or its refusal until withdrawn.

CREATE OR REPLACE TEMP TABLE work_decision_record AS
SELECT decision_id, 'upstream' AS side, unnest(upstream_ids) AS record_id FROM decisions
UNION ALL
SELECT decision_id, 'ledger', unnest(ledger_ids) FROM decisions;

CREATE OR REPLACE TEMP TABLE work_decision_hash AS
WITH state AS (
    SELECT 'upstream' AS side, record_id, concat_ws('|', number, code, issued_on, party_id, party_name, amount_cny,
           tax_cny, total_cny, status) AS state
    FROM work_upstream
    WHERE record_id IN (SELECT record_id FROM work_decision_record WHERE side = 'upstream')
    UNION ALL
    SELECT 'ledger', record_id, concat_ws('|', invoice_reference, invoice_code, invoice_date, posted_on, party_id,
           party_name, amount_cny, tax_cny, total_cny, voucher_no)
    FROM work_ledger
    WHERE record_id IN (SELECT record_id FROM work_decision_record WHERE side = 'ledger')
)
SELECT
    r.decision_id, count(s.record_id) < count(*) AS is_gone,
    md5(string_agg(concat_ws('|', r.side, r.record_id, s.state), chr(10) ORDER BY r.side, r.record_id)) AS records_hash
FROM work_decision_record r
LEFT JOIN state s USING (side, record_id)
GROUP BY r.decision_id;

CREATE OR REPLACE TEMP TABLE work_decision AS
WITH in_force AS (
    SELECT * FROM decisions
    WHERE decided_at <= $as_of::TIMESTAMP
      AND coalesce(withdrawn_at > $as_of::TIMESTAMP, TRUE)
      AND (kind <> 'ignore_until' OR until_on > CAST($as_of::TIMESTAMP AS DATE))
),
placed AS (
    SELECT d.decision_id, d.kind, d.decided_at, r.side, r.record_id
    FROM in_force d JOIN work_decision_record r USING (decision_id)
    WHERE d.kind IN ('link', 'leave_alone', 'try_again')
),
overruled AS (
    SELECT DISTINCT a.decision_id
    FROM placed a
    JOIN placed b ON b.side = a.side AND b.record_id = a.record_id
    WHERE (b.decided_at, b.decision_id) > (a.decided_at, a.decision_id)
      AND (a.kind <> 'try_again' OR b.kind <> 'try_again')
)
SELECT
    d.*,
    CASE
        WHEN h.is_gone THEN 'gone'
        WHEN d.decision_id IN (SELECT decision_id FROM overruled) THEN 'overruled'
        WHEN h.records_hash IS DISTINCT FROM d.records_hash THEN 'changed'
        ELSE 'honoured'
    END AS state
FROM in_force d
LEFT JOIN work_decision_hash h USING (decision_id);

CREATE OR REPLACE TEMP TABLE work_decided AS
SELECT r.decision_id, d.kind, r.side, r.record_id
FROM work_decision d JOIN work_decision_record r USING (decision_id)
WHERE d.kind IN ('link', 'leave_alone', 'try_again') AND d.state IN ('honoured', 'changed');

CREATE OR REPLACE TEMP TABLE work_decided_link AS
SELECT l.record_id AS ledger_id, u.record_id AS upstream_id, count(*) OVER (PARTITION BY l.record_id) AS n_numbers
FROM work_decided l
JOIN work_decided u ON u.decision_id = l.decision_id AND u.side = 'upstream'
WHERE l.side = 'ledger' AND l.kind = 'link';

CREATE OR REPLACE TEMP TABLE work_forbidden AS
SELECT DISTINCT l.record_id AS ledger_id, u.record_id AS upstream_id
FROM work_decided l
JOIN work_decided u ON u.decision_id = l.decision_id AND u.side = 'upstream'
WHERE l.side = 'ledger' AND l.kind = 'try_again';
