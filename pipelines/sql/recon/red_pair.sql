-- what: which red-letter invoice reverses which blue one, over any distance in time
-- grain: work_red_pair one row per red invoice whose blue one is known; work_void_red_pair the same of red invoices that were
--        voided; work_red_alone one row per red invoice that names one that is not known; work_original_number one row per red
--        invoice and number that it reverses; work_unpaired_red one row per red invoice that was
--        left without one, and why: too many, or several that are alike; work_unpaired_blue one row per such red invoice and
--        invoice that it may reverse
-- inputs: work_red, work_known, work_listed_twice, work_decided
-- parameters: $max_repeated, $max_pairs
-- A red invoice names its blue one in a column or in the remark (domain.md 1.4). Eight digits may be the end of a 20-digit
-- number: they are followed if one invoice of the company ends so, party and money agree, and the tax system says that it was
-- reversed. One that names none is paired by party and amount only if exactly one fully reversed blue invoice and one red
-- invoice fit each other. A red letter that was voided reverses nothing, but may be on the books.

CREATE OR REPLACE TEMP TABLE work_unpaired_red AS
WITH red AS (
    SELECT taxpayer_id, direction, original_number, CASE WHEN original_number IS NULL THEN -total_cny END AS money,
           count(*) AS n_red
    FROM work_red
    GROUP BY ALL
    HAVING count(*) > $max_repeated
),
crowd AS (
    SELECT r.taxpayer_id, r.direction, r.original_number, r.money
    FROM red r
    JOIN work_known u ON u.taxpayer_id = r.taxpayer_id AND u.direction = r.direction AND u.number = r.original_number
    GROUP BY ALL
    HAVING count(*) * any_value(r.n_red) > $max_pairs
    UNION ALL
    SELECT r.taxpayer_id, r.direction, r.original_number, r.money
    FROM red r
    JOIN work_known u ON u.taxpayer_id = r.taxpayer_id AND u.direction = r.direction AND u.total_cny = r.money
    GROUP BY ALL
    HAVING count(*) * any_value(r.n_red) > $max_pairs
)
SELECT DISTINCT r.record_id, 'crowd_skipped' AS why_not
FROM work_red r
JOIN crowd c ON c.taxpayer_id = r.taxpayer_id AND c.direction = r.direction
 AND coalesce(c.original_number, CAST(c.money AS VARCHAR)) = coalesce(r.original_number, CAST(-r.total_cny AS VARCHAR));

CREATE OR REPLACE TEMP TABLE work_reversing AS
WITH red AS (
    SELECT * FROM work_red
    WHERE record_id NOT IN (SELECT record_id FROM work_unpaired_red)
      AND record_id NOT IN (SELECT record_id FROM work_listed_twice)
      AND record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'upstream' AND kind = 'leave_alone')
),
-- A blue invoice that a person leaves alone is reversed all the same: its red letter is not to be booked.
blue AS (SELECT * FROM work_known WHERE record_id NOT IN (SELECT record_id FROM work_listed_twice)),
ending AS (
    SELECT taxpayer_id, direction, right(number, 8) AS ending, any_value(record_id) AS record_id
    FROM work_known
    WHERE record_id NOT IN (SELECT record_id FROM work_listed_twice)
      AND right(number, 8) IN (SELECT original_number FROM red WHERE length(original_number) = 8 AND original_code IS NULL)
    GROUP BY ALL
    HAVING count(*) = 1
),
named AS (
    SELECT r.record_id AS red_id, r.total_cny AS red_total, r.is_void, u.record_id AS blue_id, u.total_cny AS blue_total, u.status,
           u.number AS blue_number, u.code AS blue_code
    FROM red r
    JOIN blue u
      ON u.taxpayer_id = r.taxpayer_id AND u.direction = r.direction
     AND u.number = r.original_number AND NOT u.is_red
     AND (length(u.number) = 20 OR r.original_code IS NULL OR u.code IS NULL OR u.code = r.original_code)
     -- An 8-digit number alone repeats: without a code the party must not conflict.
     AND (length(u.number) = 20 OR u.code = r.original_code
          OR party_agrees(u.party_id, u.party_name, r.party_id, r.party_name) IS DISTINCT FROM FALSE)
    WHERE u.status <> 'void'
      -- The end of a number is no key: there the tax system's own word must say that it was reversed.
      AND (length(u.number) = 20 OR u.code = r.original_code OR u.status IN ('red_full', 'red_partial'))
    QUALIFY row_number() OVER (
        PARTITION BY r.record_id
        ORDER BY (u.status = 'red_full' AND u.total_cny = -r.total_cny) DESC,
                 (u.status = 'red_partial') DESC, (u.status = 'red_full') DESC, (u.total_cny = -r.total_cny) DESC,
                 -- A seller's red letters mostly stand in the series of its blue ones.
                 (u.code = r.code) IS TRUE DESC, u.issued_on, u.observed_at, u.record_id
    ) = 1
    UNION ALL
    SELECT r.record_id, r.total_cny, r.is_void, u.record_id, u.total_cny, u.status, u.number, u.code
    FROM red r
    JOIN ending e ON e.taxpayer_id = r.taxpayer_id AND e.direction = r.direction AND e.ending = r.original_number
    JOIN blue u ON u.record_id = e.record_id
    WHERE r.original_code IS NULL AND length(u.number) = 20 AND NOT u.is_red AND u.issued_on <= r.issued_on
      AND party_agrees(u.party_id, u.party_name, r.party_id, r.party_name)
      AND CASE u.status WHEN 'red_full' THEN u.total_cny = -r.total_cny
                        WHEN 'red_partial' THEN u.total_cny > -r.total_cny ELSE FALSE END
),
unnamed AS (
    SELECT r.record_id AS red_id, r.total_cny AS red_total, r.is_void, u.record_id AS blue_id, u.total_cny AS blue_total, u.status,
           u.number AS blue_number, u.code AS blue_code
    FROM red r
    JOIN blue u
      ON u.taxpayer_id = r.taxpayer_id AND u.direction = r.direction AND u.total_cny = -r.total_cny
     AND NOT u.is_red AND u.status = 'red_full' AND u.issued_on <= r.issued_on
     AND party_agrees(u.party_id, u.party_name, r.party_id, r.party_name)
    WHERE r.original_number IS NULL AND NOT r.is_void
      AND u.record_id NOT IN (SELECT blue_id FROM named WHERE NOT is_void)
)
SELECT *, 'named' AS evidence, TRUE AS is_only FROM named
UNION ALL
SELECT
    *, 'amount', count(*) OVER (PARTITION BY red_id) = 1 AND count(*) OVER (PARTITION BY blue_id) = 1
FROM unnamed;

CREATE OR REPLACE TEMP TABLE work_unpaired_blue AS SELECT red_id, blue_id FROM work_reversing WHERE NOT is_only;

INSERT INTO work_unpaired_red SELECT DISTINCT red_id, 'several_equal' FROM work_reversing WHERE NOT is_only;

CREATE OR REPLACE TEMP TABLE work_red_pair AS
SELECT
    blue_id, red_id, red_total, evidence,
    status = 'red_full' OR sum(red_total) OVER (PARTITION BY blue_id) = -blue_total AS is_full
FROM work_reversing
WHERE is_only AND NOT is_void;

CREATE OR REPLACE TEMP TABLE work_void_red_pair AS SELECT blue_id, red_id FROM work_reversing WHERE is_void;

CREATE OR REPLACE TEMP TABLE work_red_alone AS
SELECT * FROM work_red
WHERE original_number IS NOT NULL AND NOT is_void
  AND record_id NOT IN (SELECT red_id FROM work_reversing)
  AND record_id NOT IN (SELECT record_id FROM work_unpaired_red)
  AND record_id NOT IN (SELECT record_id FROM work_listed_twice)
  AND record_id NOT IN (SELECT record_id FROM work_decided WHERE side = 'upstream' AND kind = 'leave_alone');

CREATE OR REPLACE TEMP TABLE work_original_number AS
SELECT red_id, blue_number AS number, blue_code AS code FROM work_reversing WHERE is_only AND NOT is_void
UNION ALL
SELECT record_id, original_number, original_code FROM work_red_alone;
