-- what: the records whose known state is another one as of this moment than as of the moment settled last
-- grain: core_change one row per record (may repeat)
-- inputs: core_state, core_upstream__sighting, core_ledger__sighting
-- parameters: $as_of
-- Looking back takes back what came in between; the next night brings it again.

CREATE OR REPLACE TEMP TABLE work_between AS
SELECT least(known_at, $as_of::TIMESTAMP) AS after, greatest(known_at, $as_of::TIMESTAMP) AS until FROM core_state;

INSERT INTO core_change
SELECT DISTINCT 'upstream', record_id FROM core_upstream__sighting, work_between
WHERE received_at > after AND received_at <= until
UNION ALL
SELECT DISTINCT 'ledger', record_id FROM core_ledger__sighting, work_between
WHERE received_at > after AND received_at <= until;

DELETE FROM core_state;

INSERT INTO core_state VALUES ($as_of);
