-- rule: lines without a number complete the invoice that another line of their voucher cites
-- writes: work_repair
-- inputs: work_part, work_whole_line, work_similar, work_role
-- parameters: none
-- Where a number stands once for all lines of a voucher. Guards: party and day agree, the sum is the invoice's to the cent, no
-- line outside the voucher cites the invoice, and nobody else wants it.

INSERT INTO work_repair
WITH numbered AS (SELECT whole_id, count(*) FILTER (has_number) AS n_numbered FROM work_part GROUP BY whole_id),
citing AS (SELECT upstream_id, count(*) AS n_citing FROM work_role GROUP BY upstream_id),
completed AS (
    SELECT n.whole_id, s.upstream_id
    FROM work_whole_line w
    JOIN work_similar s ON s.ledger_id = w.record_id AND s.upstream_id = w.named_id
    JOIN numbered n ON n.whole_id = w.record_id
    JOIN citing c ON c.upstream_id = s.upstream_id
    WHERE s.is_free AND s.party_agrees AND n.n_numbered = c.n_citing
    QUALIFY count(*) OVER (PARTITION BY s.upstream_id) = 1
)
SELECT p.ledger_id, c.upstream_id, 'voucher_rest' FROM completed c JOIN work_part p USING (whole_id);
