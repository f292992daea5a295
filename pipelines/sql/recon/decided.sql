-- what: what people decided about the records, and whether it still holds as of tonight
-- grain: work_decision one row per decision in force; work_decided one row per decision and record that it holds for; work_decided_link one
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

-- Two decisions about one record or pair contradict each other only there: the later one holds, and what else the earlier
-- one says stays. To leave alone speaks of records, to link or to try again of pairs.
CREATE OR REPLACE TEMP TABLE work_placed AS
SELECT d.decision_id, d.kind, {'at': d.decided_at, 'id': d.decision_id} AS made, r.side, r.record_id
FROM decisions d
JOIN work_decision_record r USING (decision_id)
JOIN work_decision_hash h USING (decision_id)
WHERE d.kind IN ('link', 'leave_alone', 'try_again') AND NOT h.is_gone
  AND d.decided_at <= $as_of::TIMESTAMP AND coalesce(d.withdrawn_at > $as_of::TIMESTAMP, TRUE);

CREATE OR REPLACE TEMP TABLE work_placed_kept AS
SELECT * FROM work_placed
WINDOW of_record AS (PARTITION BY side, record_id)
QUALIFY CASE kind
    WHEN 'leave_alone' THEN made = max(made) OVER of_record
    WHEN 'link' THEN made = max(made) FILTER (kind <> 'try_again') OVER of_record
    ELSE coalesce(made > max(made) FILTER (kind = 'leave_alone') OVER of_record, TRUE) END;

CREATE OR REPLACE TEMP TABLE work_placed_pair AS
WITH pair AS (
    SELECT l.decision_id, l.kind, l.made, l.record_id AS ledger_id, u.record_id AS upstream_id
    FROM work_placed_kept l
    JOIN work_placed_kept u ON u.decision_id = l.decision_id AND u.side = 'upstream'
    WHERE l.side = 'ledger' AND l.kind IN ('link', 'try_again')
)
SELECT * FROM pair
WINDOW of_pair AS (PARTITION BY ledger_id, upstream_id)
QUALIFY coalesce(made > CASE kind WHEN 'link' THEN max(made) FILTER (kind = 'try_again') OVER of_pair
                                  ELSE max(made) FILTER (kind = 'link') OVER of_pair END, TRUE);

CREATE OR REPLACE TEMP TABLE work_decided AS
SELECT decision_id, kind, side, record_id FROM work_placed_kept WHERE kind = 'leave_alone'
UNION
SELECT decision_id, kind, 'upstream', upstream_id FROM work_placed_pair
UNION
SELECT decision_id, kind, 'ledger', ledger_id FROM work_placed_pair;

CREATE OR REPLACE TEMP TABLE work_decision AS
SELECT
    d.*,
    CASE
        WHEN h.is_gone THEN 'gone'
        WHEN d.kind IN ('link', 'leave_alone', 'try_again') AND d.decision_id NOT IN (SELECT decision_id FROM work_decided)
            THEN 'overruled'
        WHEN h.records_hash IS DISTINCT FROM d.records_hash THEN 'changed'
        ELSE 'honoured'
    END AS state
FROM decisions d
LEFT JOIN work_decision_hash h USING (decision_id)
WHERE decided_at <= $as_of::TIMESTAMP
  AND coalesce(withdrawn_at > $as_of::TIMESTAMP, TRUE)
  AND (kind <> 'ignore_until' OR until_on > CAST($as_of::TIMESTAMP AS DATE));

CREATE OR REPLACE TEMP TABLE work_decided_link AS
SELECT ledger_id, upstream_id, count(*) OVER (PARTITION BY ledger_id) AS n_numbers
FROM (SELECT DISTINCT ledger_id, upstream_id FROM work_placed_pair WHERE kind = 'link');

CREATE OR REPLACE TEMP TABLE work_forbidden AS
SELECT DISTINCT ledger_id, upstream_id FROM work_placed_pair WHERE kind = 'try_again';

DROP TABLE work_placed;

DROP TABLE work_placed_kept;

DROP TABLE work_placed_pair;
