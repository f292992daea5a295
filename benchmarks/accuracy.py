"""How often the verdicts are right, against what the generator planted."""

from __future__ import annotations

from pathlib import Path

import duckdb

RECORDS = """
WITH judged AS (
    SELECT m.side, m.record_id, i.verdict, i.cause
    FROM read_parquet('{out}/recon__item.parquet') i
    JOIN read_parquet('{out}/recon__member.parquet') m USING (item_id)
),
told AS (
    SELECT t.*, j.verdict AS found_verdict, j.cause AS found_cause
    FROM read_parquet('{books}/truth_fault.parquet') t JOIN judged j USING (side, record_id)
)
SELECT
    count(*) AS records,
    avg((cause = found_cause)::INT) AS cause_right,
    avg((cause = found_cause)::INT) FILTER (fault <> 'none') AS cause_right_faulty,
    avg((cause = found_cause)::INT) FILTER (fault <> 'none' AND is_resolvable) AS cause_right_resolvable,
    avg((verdict IN ('matched', 'pending')
         AND found_verdict IN ('mismatched', 'missing_upstream', 'missing_ledger', 'duplicate'))::INT) AS false_alarms
FROM told
"""

LINKS = """
WITH member AS (FROM read_parquet('{out}/recon__member.parquet')),
item AS (FROM read_parquet('{out}/recon__item.parquet')),
found AS (
    SELECT l.record_id AS ledger_record_id, u.record_id AS upstream_record_id
    FROM member l
    JOIN member u ON u.item_id = l.item_id AND l.side = 'ledger' AND u.side = 'upstream'
    JOIN item i ON i.item_id = l.item_id
    WHERE i.cause NOT IN ('red_letter_netted', 'dead_invoice_booked')
),
true_link AS (
    SELECT t.* FROM read_parquet('{books}/truth_link.parquet') t
    JOIN member l ON l.side = 'ledger' AND l.record_id = t.ledger_record_id
    JOIN item i ON i.item_id = l.item_id
    WHERE i.cause NOT IN ('red_letter_netted', 'dead_invoice_booked', 'booked_twice', 'listed_twice')
)
SELECT
    (SELECT avg((t.ledger_record_id IS NOT NULL)::INT) FROM found f
     LEFT JOIN read_parquet('{books}/truth_link.parquet') t USING (ledger_record_id, upstream_record_id)) AS precision,
    (SELECT avg((f.ledger_record_id IS NOT NULL)::INT) FROM true_link t
     LEFT JOIN found f USING (ledger_record_id, upstream_record_id)) AS recall
"""

CONFUSION = """
WITH judged AS (
    SELECT m.side, m.record_id, i.cause AS found_cause
    FROM read_parquet('{out}/recon__item.parquet') i JOIN read_parquet('{out}/recon__member.parquet') m USING (item_id)
)
SELECT t.cause, j.found_cause, count(*) AS records
FROM read_parquet('{books}/truth_fault.parquet') t JOIN judged j USING (side, record_id)
WHERE t.cause <> j.found_cause
GROUP BY ALL ORDER BY records DESC LIMIT 12
"""


def describe_accuracy(books: Path, out: Path) -> str:
    """A short table: shares of records and links, and where the rest went."""
    con = duckdb.connect()
    places = {"books": books, "out": out}
    records, right, faulty, resolvable, alarms = con.execute(RECORDS.format(**places)).fetchall()[0]
    precision, recall = con.execute(LINKS.format(**places)).fetchall()[0]
    lines = [
        "| accuracy | |",
        "|---|---|",
        f"| records | {records:,} |",
        f"| cause right, all records | {right:.4%} |",
        f"| cause right, faulty records | {faulty:.2%} |",
        f"| cause right, faulty records that the generator calls resolvable | {resolvable:.2%} |",
        f"| false alarms (truly matched or pending, called missing, mismatched or duplicate) | {alarms:.4%} |",
        f"| links right (precision; reversed invoices aside) | {precision:.4%} |",
        f"| links found (recall; reversed invoices and surplus aside) | {recall:.4%} |",
        "",
        "| planted | judged | records |",
        "|---|---|---|",
    ]
    lines += [f"| {a} | {b} | {n:,} |" for a, b, n in con.execute(CONFUSION.format(**places)).fetchall()]
    return "\n".join(lines)
