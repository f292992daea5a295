-- What: how long after issue invoices were first seen, and what is booked and still awaited.
-- Grain: one row per source and day of issue; awaited ledger lines stand under source_id 'awaited' and their posting date.
-- Inputs: out_first_seen (written by pipelines.publish from every sighting), recon__item, recon__member,
--         core_ledger__entry.
-- Parameters: none.
CREATE OR REPLACE VIEW out__sync_delay AS
SELECT
    source_id, issue_date, invoices, median_delay_hours, max_delay_hours, 0 AS awaited_entries,
    CAST(NULL AS DATE) AS due_on
FROM out_first_seen
UNION ALL
SELECT
    'awaited' AS source_id, l.posted_on AS issue_date, 0 AS invoices, NULL AS median_delay_hours,
    NULL AS max_delay_hours, count(*) AS awaited_entries, min(i.due_on) AS due_on
FROM recon__item AS i
JOIN recon__member AS m ON m.item_id = i.item_id AND m.side = 'ledger'
JOIN core_ledger__entry AS l ON l.record_id = m.record_id
WHERE i.cause = 'sync_delay'
GROUP BY l.posted_on;
COMMENT ON VIEW out__sync_delay IS '税务系统的同步时差 | Hours from issue to first sight, and what is still awaited';
COMMENT ON COLUMN out__sync_delay.source_id IS '来源 | configured source; awaited: booked, not yet in any export';
COMMENT ON COLUMN out__sync_delay.issue_date IS '开票日期（awaited 为记账日期） | day of issue; posting date of awaited lines';
COMMENT ON COLUMN out__sync_delay.invoices IS '张数 | invoices of that day seen from that source';
COMMENT ON COLUMN out__sync_delay.median_delay_hours IS '时差中位数（小时） | median hours from issue to first sight';
COMMENT ON COLUMN out__sync_delay.max_delay_hours IS '最大时差（小时） | longest hours from issue to first sight';
COMMENT ON COLUMN out__sync_delay.awaited_entries IS '等待中的分录数 | ledger lines within the grace window';
COMMENT ON COLUMN out__sync_delay.due_on IS '到期日 | first day on which an awaited line turns into missing';
