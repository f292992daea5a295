-- what: the invoices that the verification service can be asked about tonight, most money first
-- grain: one row per invoice
-- inputs: work_due_ledger, work_reference, recon__witness, core_verification__answer
-- parameters: $as_of, $today (by the clock), $ask_again_days, $requests_a_day, $attempts
-- One must send day of issue and money: of the e-invoice file if there is one, else of the lines, if they agree. Without a
-- code the total, with a code the amount; an ordinary invoice with a code needs the check code, which no ledger keeps.
-- Structure of codes: 10 digits, special if the 8th is 1, 2, 5 or 7; 12 digits, 0…13 or, for vehicles, 8th digit 2.
-- The day of issue is known to the service from the next day.

WITH reading AS (
    SELECT DISTINCT r.ledger_id, CASE WHEN length(r.number) = 8 THEN r.code END AS code, r.number
    FROM work_reference r
    WHERE r.n_numbers = 1
      AND CASE
          WHEN length(r.number) = 20 THEN left(r.number, 2) BETWEEN '21' AND strftime($as_of::TIMESTAMP, '%y')
          WHEN length(r.number) <> 8 THEN FALSE
          WHEN length(r.code) = 10 THEN substr(r.code, 8, 1) IN ('1', '2', '5', '7')
          WHEN length(r.code) = 12 AND left(r.code, 1) = '0' THEN right(r.code, 2) = '13'
          WHEN length(r.code) = 12 THEN substr(r.code, 8, 1) = '2' AND left(r.code || r.number, 2) < '21'
          ELSE FALSE
      END
),
named AS (
    SELECT ledger_id, any_value(code) AS code, any_value(number) AS number
    FROM reading
    GROUP BY ledger_id
    HAVING count(*) = 1
),
told AS (
    SELECT
        taxpayer_id, direction, invoice_code, invoice_number, CAST(max(issued_at) AS DATE) AS issued_on,
        max(amount_cny) AS amount, max(total_cny) AS total
    FROM recon__witness
    GROUP BY ALL
),
invoice AS (
    SELECT
        l.taxpayer_id, l.direction, n.code, n.number,
        list(l.record_id ORDER BY l.record_id) AS ledger_ids,
        CASE WHEN count(DISTINCT l.invoice_date) = 1 THEN max(l.invoice_date) END AS line_date,
        CASE WHEN count(DISTINCT l.line_amount) = 1 THEN max(l.line_amount) END AS line_amount,
        CASE WHEN count(DISTINCT l.line_total) = 1 THEN max(l.line_total) END AS line_total
    FROM work_due_ledger l
    JOIN named n ON n.ledger_id = l.record_id
    GROUP BY ALL
),
known AS (
    SELECT
        i.taxpayer_id, i.direction, i.code, i.number, i.ledger_ids,
        coalesce(t.issued_on, i.line_date) AS issued_on,
        coalesce(t.amount, i.line_amount) AS amount,
        coalesce(t.total, i.line_total) AS total
    FROM invoice i
    LEFT JOIN told t
      ON t.taxpayer_id = i.taxpayer_id AND t.direction = i.direction AND t.invoice_number = i.number
     AND coalesce(t.invoice_code, '') = coalesce(i.code, '')
),
askable AS (
    SELECT * FROM known
    WHERE issued_on < least(CAST($as_of AS DATE), $today::DATE)
      AND CASE WHEN code IS NULL THEN total ELSE amount END IS NOT NULL
),
answered AS (
    SELECT taxpayer_id, direction, asked_number AS number, coalesce(asked_code, '') AS code, max(received_at) AS answered_at
    FROM core_verification__answer
    WHERE outcome IN ('consistent', 'differs', 'not_found', 'malformed', 'unknown_code')
    GROUP BY ALL
),
-- The service counts by invoice, whoever of ours asks.
sent AS (
    SELECT
        asked_number AS number, coalesce(asked_code, '') AS code, sum(requests) AS requests,
        bool_or(outcome = 'limit_reached') AS is_used_up
    FROM core_verification__answer
    WHERE CAST(asked_at AS DATE) = $today::DATE
    GROUP BY ALL
)
SELECT
    q.taxpayer_id, q.direction, q.ledger_ids, q.code, q.number, q.issued_on, q.amount, q.total,
    CAST(least($attempts, $requests_a_day - coalesce(s.requests, 0)) AS BIGINT) AS attempts
FROM askable q
LEFT JOIN answered a
  ON a.number = q.number AND a.code = coalesce(q.code, '') AND a.taxpayer_id = q.taxpayer_id AND a.direction = q.direction
LEFT JOIN sent s ON s.number = q.number AND s.code = coalesce(q.code, '')
WHERE NOT coalesce(s.is_used_up, FALSE)
  AND coalesce(s.requests, 0) < $requests_a_day
  AND (a.answered_at IS NULL OR CAST(a.answered_at AS DATE) + to_days($ask_again_days::INTEGER) <= CAST($as_of AS DATE))
QUALIFY row_number() OVER (PARTITION BY q.number, q.code ORDER BY a.answered_at NULLS FIRST, q.taxpayer_id, q.direction) = 1
ORDER BY abs(coalesce(q.total, q.amount)) DESC, q.number, q.code NULLS FIRST;
