-- what: for every ledger line without a sure number, all invoices of the population with its money
-- grain: work_wanted one row per lane and key by which an invoice can be in it;
--        work_same_money one row per invoice and kind of money that is in a lane; and the macro
--        invoice_of_money, which second_look asks too
-- inputs: work_open_ledger, work_named, work_role, work_name, work_listed_twice, work_decided, the macro issued_for
--         (everything.sql, carried.sql)
-- parameters: $window_days
-- This is the recurrence guard: it looks at everything that was ever issued, not only at what is left over. A line is
-- compared within its lane: the invoices of its money on its day if it is dated, of its party where it tells one; else those of
-- its money and party within the window around the lane's lines. Lanes are known by 64 bits; whether the party agrees is asked
-- of every pair.

-- An invoice without a tax id is compared by name also with a line that has one; an invoice that tells nothing of its party
-- conflicts with none.
CREATE OR REPLACE TEMP TABLE work_wanted AS
WITH wanted AS (
    SELECT
        lane_hash, any_value(money_kind) AS money_kind, any_value(money) AS money, any_value(lane) AS lane,
        CAST(min(posted_on) - to_days($window_days) AS DATE) AS from_day,
        CAST(max(posted_on) + INTERVAL 3 DAY AS DATE) AS to_day
    FROM work_unsure
    WHERE lane_hash IS NOT NULL
    GROUP BY lane_hash
),
other_key AS (
    SELECT lane_hash, lane_key(money_key, 'name_of_id', name_hash) AS key_hash FROM work_unsure WHERE lane = 'party_id'
    UNION
    SELECT lane_hash, lane_key(money_key, 'day_name_of_id', hash(invoice_date, name_hash)) FROM work_unsure WHERE lane = 'day_id'
    UNION
    SELECT lane_hash, lane_key(money_key, 'day_nobody', invoice_date) FROM work_unsure WHERE lane = 'day_id'
    UNION
    SELECT lane_hash, lane_key(money_key, 'day_nameless', invoice_date) FROM work_unsure WHERE lane = 'day_name'
)
SELECT *, lane_hash AS key_hash FROM wanted
UNION ALL
SELECT w.*, o.key_hash FROM other_key o JOIN wanted w USING (lane_hash) WHERE o.key_hash IS NOT NULL;

-- Invoices of wanted money with what they are compared by; keys are taken only of what has the money. The style of a name was looked at once
-- already, at least for the records that are due.
CREATE OR REPLACE TEMP MACRO invoice_of_money(wanted) AS TABLE
SELECT
    i.*, name_key_unless(n.name_hash, i.party_name) AS name_hash,
    money_key(company_key(taxpayer_id, direction), money_kind, money) AS money_key
FROM issued_for(wanted) i
LEFT JOIN work_name n ON n.written_name = i.written_name;

CREATE OR REPLACE TEMP TABLE work_same_money AS
WITH keyed AS (
    SELECT
        record_id, number, code, issued_on, party_hash, name_hash, amount_cny, tax_cny, total_cny,
        CASE WHEN party_hash IS NOT NULL THEN lane_key(money_key, 'day_id', hash(issued_on, party_hash))
             WHEN name_hash IS NOT NULL THEN lane_key(money_key, 'day_name_of_id', hash(issued_on, name_hash))
             ELSE lane_key(money_key, 'day_nobody', issued_on) END AS day_id,
        CASE WHEN name_hash IS NOT NULL THEN lane_key(money_key, 'day_name', hash(issued_on, name_hash))
             ELSE lane_key(money_key, 'day_nameless', issued_on) END AS day_name,
        lane_key(money_key, 'day', issued_on) AS day,
        CASE WHEN party_hash IS NOT NULL THEN lane_key(money_key, 'party_id', party_hash)
             ELSE lane_key(money_key, 'name_of_id', name_hash) END AS party_id,
        lane_key(money_key, 'party_name', name_hash) AS party_name,
        lane_key(money_key, 'money', TRUE) AS money
    FROM invoice_of_money('work_wanted')
),
wanted AS (
    SELECT
        * REPLACE (
            CASE WHEN day_id IN (SELECT key_hash FROM work_wanted WHERE lane = 'day_id') THEN day_id END AS day_id,
            CASE WHEN day_name IN (SELECT key_hash FROM work_wanted WHERE lane = 'day_name') THEN day_name END AS day_name,
            CASE WHEN day IN (SELECT key_hash FROM work_wanted WHERE lane = 'day') THEN day END AS day,
            CASE WHEN party_id IN (SELECT key_hash FROM work_wanted WHERE lane = 'party_id') THEN party_id END AS party_id,
            CASE WHEN party_name IN (SELECT key_hash FROM work_wanted WHERE lane = 'party_name')
                 THEN party_name END AS party_name,
            CASE WHEN money IN (SELECT key_hash FROM work_wanted WHERE lane = 'money') THEN money END AS money
        )
    FROM keyed
)
SELECT * FROM wanted WHERE coalesce(day_id, day_name, day, party_id, party_name, money) IS NOT NULL;
