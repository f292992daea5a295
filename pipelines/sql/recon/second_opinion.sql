-- what: the newest answer of the verification service about each open ledger line, in words that end its sentence
-- grain: work_second_opinion one row per line that was asked for under the number that it still has
-- inputs: core_verification__answer, work_reference, work_opinion_sentence (key, zh, en)
-- parameters: $as_of: answers that came later were not known then
-- Evidence only: no cause depends on it here. {0} to {4} of reference/opinion_sentences.toml are OPINION_PLACES of
-- pipelines/reconcile/cascade.py.

CREATE OR REPLACE TEMP TABLE work_second_opinion AS
WITH heard AS MATERIALIZED (
    SELECT *, unnest(ledger_ids) AS ledger_id
    FROM core_verification__answer
    WHERE outcome IN ('consistent', 'differs', 'not_found') AND received_at <= $as_of
),
current AS MATERIALIZED (
    SELECT h.*
    FROM heard h
    WHERE (h.ledger_id, h.asked_number) IN (SELECT (ledger_id, number) FROM work_reference)
    QUALIFY row_number() OVER (PARTITION BY h.ledger_id ORDER BY h.received_at DESC, h.asked_at DESC, h.answer_id) = 1
),
worded AS (
    SELECT
        *,
        CASE
            WHEN outcome <> 'consistent' OR is_ours THEN outcome
            WHEN is_ours IS NULL THEN 'consistent.unowned'
            ELSE 'consistent.foreign'
        END AS sentence_key,
        'status.' || coalesce(status, 'untold') AS status_key,
        CAST(CAST(asked_at AS DATE) AS VARCHAR) AS answered_on,
        CAST(asked_on AS VARCHAR) AS issued_on,
        coalesce(money_text(total_cny), money_text(asked_total_cny), '—') AS total,
        coalesce(money_text(asked_total_cny), money_text(asked_amount_cny), '—') AS asked_money
    FROM current
)
SELECT
    'L:' || w.ledger_id AS item_id,
    format(s.zh, w.answered_on, t.zh, w.total, w.issued_on, w.asked_money) AS zh,
    format(s.en, w.answered_on, t.en, w.total, w.issued_on, w.asked_money) AS en
FROM worded w
JOIN work_opinion_sentence s ON s.key = w.sentence_key
JOIN work_opinion_sentence t ON t.key = w.status_key;
