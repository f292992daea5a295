-- what: what people decided about the records, and whether it still holds as of tonight
-- grain: work_decision one row per decision in force; work_decided one row per decision and record that it holds for; work_decided_link one
--        row per line and invoice that belong together; work_forbidden per pair that may not be linked; and the macro same_invoice
-- inputs: decisions, work_upstream, work_ledger
-- parameters: $as_of
-- A decision of a person is an input and never edits a result. It is compared with the records as they were when it was
-- made: an accepted or ignored difference holds only while they are unchanged, a link or its refusal until withdrawn.

-- The key is 20 digits, or code and number. Eight digits without a code are no key (real data repeats them): there the
-- rows are the same invoice only if party, day and total are the same too.
CREATE OR REPLACE TEMP MACRO same_invoice(number, code, party_id, party_name, issued_on, total_cny) AS
    CASE WHEN length(number) < 20
         THEN concat_ws('|', number, coalesce(code, concat_ws('|', '', plain_name(coalesce(party_id, party_name)), issued_on, total_cny)))
         ELSE number END;

CREATE OR REPLACE TEMP TABLE work_decision_record AS
SELECT decision_id, 'upstream' AS side, unnest(upstream_ids) AS record_id FROM decisions
UNION ALL
SELECT decision_id, 'ledger', unnest(ledger_ids) FROM decisions;

-- What of a record a decision may rest on; a name in another style is the same name. Earlier versions kept names as written.
CREATE OR REPLACE TEMP TABLE work_decision_state_of AS
SELECT
    'upstream' AS side, record_id, concat_ws('|', taxpayer_id, direction,
        same_invoice(number, code, party_id, party_name, issued_on, total_cny)) AS thing,
    concat_ws('|', number, code, issued_on, party_id) AS head, party_name,
    concat_ws('|', amount_cny, tax_cny, total_cny, status) AS tail
FROM work_upstream
WHERE record_id IN (SELECT record_id FROM work_decision_record WHERE side = 'upstream')
UNION ALL
SELECT
    'ledger', record_id, record_id, concat_ws('|', invoice_reference, invoice_code, invoice_date, posted_on, party_id),
    party_name, concat_ws('|', amount_cny, tax_cny, total_cny, voucher_no)
FROM work_ledger
WHERE record_id IN (SELECT record_id FROM work_decision_record WHERE side = 'ledger');

CREATE OR REPLACE TEMP TABLE work_decision_hash AS
WITH state AS (
    SELECT
        r.*, s.record_id IS NULL AS is_gone, concat_ws('|', r.side, r.record_id, head, plain_name(party_name), tail) AS state,
        concat_ws('|', r.side, r.record_id, head, party_name, tail) AS written_state
    FROM work_decision_record r
    LEFT JOIN work_decision_state_of s USING (side, record_id)
)
SELECT
    decision_id, bool_or(is_gone) AS is_gone,
    md5(string_agg(state, chr(10) ORDER BY side, record_id)) AS records_hash,
    md5(string_agg(written_state, chr(10) ORDER BY side, record_id)) AS written_hash
FROM state
GROUP BY decision_id;

-- Two decisions about one thing or pair contradict each other only there: the later one holds, and what else the earlier
-- one says stays. To leave alone speaks of lines and invoices, to link or to try again of pairs of them, whichever row of an invoice was
-- named. To accept or to ignore speaks of an item as it stands, and the last word about one of its records is about all of them,
-- also when its day is over.
CREATE OR REPLACE TEMP TABLE work_placed AS
SELECT
    d.decision_id, d.kind, d.kind IN ('accept_difference', 'ignore_until') AS is_of_item,
    {'at': d.decided_at, 'id': d.decision_id} AS made, r.side, r.record_id, s.thing
FROM decisions d
JOIN work_decision_record r USING (decision_id)
JOIN work_decision_hash h USING (decision_id)
JOIN work_decision_state_of s ON s.side = r.side AND s.record_id = r.record_id
WHERE NOT h.is_gone AND d.decided_at <= $as_of::TIMESTAMP AND coalesce(d.withdrawn_at > $as_of::TIMESTAMP, TRUE);

CREATE OR REPLACE TEMP TABLE work_reconsidered AS
SELECT decision_id FROM work_placed
WHERE is_of_item
QUALIFY made < max(made) OVER (PARTITION BY side, record_id);

CREATE OR REPLACE TEMP TABLE work_placed_kept AS
SELECT * FROM work_placed
WHERE NOT is_of_item
WINDOW of_thing AS (PARTITION BY side, thing)
QUALIFY CASE kind
    WHEN 'leave_alone' THEN made = max(made) OVER of_thing
    WHEN 'link' THEN made = max(made) FILTER (kind <> 'try_again') OVER of_thing
    ELSE coalesce(made > max(made) FILTER (kind = 'leave_alone') OVER of_thing, TRUE) END;

CREATE OR REPLACE TEMP TABLE work_placed_pair AS
WITH pair AS (
    SELECT l.decision_id, l.kind, l.made, l.record_id AS ledger_id, u.record_id AS upstream_id, u.thing
    FROM work_placed_kept l
    JOIN work_placed_kept u ON u.decision_id = l.decision_id AND u.side = 'upstream'
    WHERE l.side = 'ledger' AND l.kind IN ('link', 'try_again')
)
SELECT * FROM pair
WINDOW of_pair AS (PARTITION BY ledger_id, thing)
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
        WHEN d.decision_id IN (SELECT decision_id FROM work_reconsidered) THEN 'overruled'
        WHEN (d.records_hash IN (h.records_hash, h.written_hash)) IS NOT TRUE THEN 'changed'
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

DROP TABLE work_decision_state_of;

DROP TABLE work_placed;

DROP TABLE work_reconsidered;

DROP TABLE work_placed_kept;

DROP TABLE work_placed_pair;
