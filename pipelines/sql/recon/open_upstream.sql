-- what: the invoices that are still open, and those that the tax system lists a second time under one key
-- grain: work_open_upstream one row per open invoice; work_listed_twice one row per surplus row
-- inputs: work_upstream, work_cleared
-- parameters: none
-- The key is 20 digits, or code and number. Eight digits without a code are no key (real data repeats them): there the
-- rows are the same invoice only if party, day and total are the same too.

CREATE OR REPLACE TEMP TABLE work_open_upstream AS
SELECT u.* FROM work_upstream u
WHERE NOT EXISTS (FROM work_cleared c WHERE c.upstream_id = u.record_id);

CREATE OR REPLACE TEMP TABLE work_listed_twice AS
SELECT
    record_id,
    first_value(record_id) OVER key_order AS first_id
FROM work_open_upstream
WINDOW key_order AS (
    PARTITION BY
        taxpayer_id, direction, number,
        CASE WHEN length(number) < 20 THEN code END,
        CASE WHEN length(number) < 20 AND code IS NULL
             THEN concat_ws('|', coalesce(party_id, plain_name(party_name)), issued_on, total_cny) END
    ORDER BY issued_on, observed_at, record_id
)
QUALIFY row_number() OVER key_order > 1;
