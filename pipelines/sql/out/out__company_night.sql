-- What: how each of our entities stands on this night: its sources, what is on record, what asks something of a person.
-- Grain: one row per taxpayer; one more, with a NULL taxpayer, for sources that no record has come from yet.
-- Inputs: night__source, core_upstream__invoice, core_ledger__entry, out__open_item, out__night.
-- Parameters: none.
-- A source belongs to the taxpayers whose records came from it; one that serves several counts for each.
CREATE OR REPLACE VIEW out__company_night AS
WITH side AS (
    SELECT taxpayer_id, source_id, 'upstream' AS side, count(*) AS records
    FROM core_upstream__invoice GROUP BY taxpayer_id, source_id
    UNION ALL
    SELECT taxpayer_id, source_id, 'ledger', count(*) FROM core_ledger__entry GROUP BY taxpayer_id, source_id
),
record AS (
    SELECT
        taxpayer_id,
        sum(records) FILTER (side = 'upstream')::BIGINT AS upstream_records,
        sum(records) FILTER (side = 'ledger')::BIGINT AS ledger_records
    FROM side GROUP BY taxpayer_id
),
source AS (
    SELECT
        o.taxpayer_id,
        count(*) AS sources,
        count(*) FILTER (s.state = 'received') AS sources_received,
        count(*) FILTER (s.state = 'silent') AS sources_silent,
        count(*) FILTER (s.state = 'failed') AS sources_failed
    FROM night__source AS s
    JOIN out__night AS n ON n.night_id = s.night_id
    LEFT JOIN (SELECT DISTINCT taxpayer_id, source_id FROM side) AS o ON o.source_id = s.source_id
    GROUP BY o.taxpayer_id
),
finding AS (
    SELECT taxpayer_id, count(*) AS findings, sum(at_stake_cny)::DECIMAL(38,2) AS at_stake_cny
    FROM out__open_item GROUP BY taxpayer_id
),
company AS (
    SELECT taxpayer_id FROM record UNION SELECT taxpayer_id FROM source UNION SELECT taxpayer_id FROM finding
)
SELECT
    n.night_id, c.taxpayer_id,
    COALESCE(s.sources, 0) AS sources,
    COALESCE(s.sources_received, 0) AS sources_received,
    COALESCE(s.sources_silent, 0) AS sources_silent,
    COALESCE(s.sources_failed, 0) AS sources_failed,
    COALESCE(r.upstream_records, 0) AS upstream_records,
    COALESCE(r.ledger_records, 0) AS ledger_records,
    COALESCE(f.findings, 0) AS findings,
    COALESCE(f.at_stake_cny, 0)::DECIMAL(38,2) AS at_stake_cny
FROM company AS c
CROSS JOIN out__night AS n
LEFT JOIN source AS s ON s.taxpayer_id IS NOT DISTINCT FROM c.taxpayer_id
LEFT JOIN record AS r ON r.taxpayer_id = c.taxpayer_id
LEFT JOIN finding AS f ON f.taxpayer_id = c.taxpayer_id
ORDER BY at_stake_cny DESC, c.taxpayer_id;
COMMENT ON VIEW out__company_night IS '本企业各户当夜情况 | One line per taxpayer: its sources, records, findings, money';
COMMENT ON COLUMN out__company_night.sources IS '来源数 | sources whose records are of this taxpayer';
COMMENT ON COLUMN out__company_night.sources_received IS '收到 | sources with a new usable file on this night';
COMMENT ON COLUMN out__company_night.sources_silent IS '未收到 | sources that owed a file and gave none';
COMMENT ON COLUMN out__company_night.sources_failed IS '失败 | sources whose file or folder could not be used';
COMMENT ON COLUMN out__company_night.upstream_records IS '税务记录数 | invoices of the tax system on record';
COMMENT ON COLUMN out__company_night.ledger_records IS '账上记录数 | ledger lines on record';
COMMENT ON COLUMN out__company_night.findings IS '待处理项数 | items that ask something of a person';
COMMENT ON COLUMN out__company_night.at_stake_cny IS '涉及金额（元） | money at stake in them';
