-- what: which of the lines that name one invoice make it up, which are surplus, and which are in doubt
-- grain: work_role one row per ledger line and invoice that it names
-- inputs: work_named, work_open_ledger, work_open_upstream, work_listed
-- parameters: $tolerance, $window_days
-- role: kept (belongs to the invoice); surplus (booked twice); doubtful (money, party or day speaks against the number: the
-- line is offered to another_number first, and falls back to `fallback`).
-- In this order: a list of invoices that was posted before; all lines add up to the invoice; what was posted first is the
-- invoice, one line or several, but first what is not of another day; none. A booking that the ledger took back itself is its
-- reversal's, and counts no more.

CREATE OR REPLACE TEMP TABLE work_role AS
WITH line AS (
    SELECT
        n.*, l.posted_on, l.line_total, l.line_amount, l.tax_cny,
        CASE WHEN trim(l.voucher_no) <> '' THEN l.voucher_no ELSE n.ledger_id END AS voucher,
        u.total_cny, u.amount_cny, u.status IN ('void', 'red_full') AS is_dead,
        b.upstream_id IS NOT NULL AS is_listed,
        coalesce({'day': l.posted_on, 'id': n.ledger_id} > b.posted_place, FALSE) AS is_after_list,
        -- No number is known long before it is issued.
        date_agrees IS NOT DISTINCT FROM FALSE OR (l.invoice_date IS NULL AND l.posted_on < u.issued_on - to_days(31))
            AS is_of_other_day,
        l.posted_on < u.issued_on - to_days($window_days) AS is_long_before,
        is_rounded_number(array_to_string(l.tokens, '')) AS is_damaged
    FROM work_named n
    JOIN work_open_ledger l ON l.record_id = n.ledger_id
    JOIN work_open_upstream u ON u.record_id = n.upstream_id
    LEFT JOIN work_listed b ON b.upstream_id = n.upstream_id
    WHERE n.n_numbers = 1
),
shared AS (SELECT upstream_id FROM line GROUP BY upstream_id HAVING count(*) > 1),
-- Nearly every invoice has one line: nothing to add up, so no windows over all of them.
lone AS (
    SELECT
        *, coalesce(line_total, line_amount) AS money,
        CASE WHEN line_total IS NOT NULL THEN total_cny ELSE amount_cny END AS whole
    FROM line
    ANTI JOIN shared USING (upstream_id)
),
compared AS (
    SELECT
        *,
        -- Compare with what every line of the invoice has: the total if all know it, else the amount without tax; if some keep
        -- only the one and some only the other, the total at the invoice's rate unless a line has the tax alone.
        bool_and(line_total IS NOT NULL) OVER of_invoice AS has_totals,
        NOT has_totals AND bool_and(line_amount IS NOT NULL) OVER of_invoice AS has_amounts,
        bool_or(line_amount = 0 AND tax_cny <> 0) OVER of_invoice AS has_tax_line,
        CASE WHEN has_amounts OR (line_total IS NULL AND has_tax_line) THEN line_amount
             ELSE coalesce(line_total, at_rate_of(line_amount, total_cny, amount_cny)) END AS money,
        CASE WHEN has_amounts THEN amount_cny ELSE total_cny END AS whole
    FROM line
    SEMI JOIN shared USING (upstream_id)
    WINDOW of_invoice AS (PARTITION BY upstream_id)
),
taken_back AS (
    SELECT ledger_id, upstream_id FROM (
        SELECT
            ledger_id, upstream_id, abs(money) AS size, coalesce(party_agrees, TRUE) AS is_of_party,
            row_number() OVER (
                PARTITION BY upstream_id, money, coalesce(party_agrees, TRUE) ORDER BY posted_on, ledger_id) AS place
        FROM compared WHERE money <> 0 AND rule <> 'decision'
    )
    QUALIFY count(*) OVER (PARTITION BY upstream_id, size, is_of_party, place) = 2
),
weighty AS (
    SELECT *, (ledger_id, upstream_id) IN (SELECT (ledger_id, upstream_id) FROM taken_back) AS is_taken_back FROM compared
),
-- The lines of one voucher that are the invoice together are one booking.
booked AS (
    SELECT
        *,
        count(*) OVER of_voucher > 1 AND abs(sum(money) OVER of_voucher - whole) <= $tolerance
        AND bool_and(party_agrees IS DISTINCT FROM FALSE) OVER of_voucher AS is_of_voucher,
        CASE WHEN is_of_voucher THEN min(ledger_id) OVER of_voucher ELSE ledger_id END AS booking_id,
        CASE WHEN is_of_voucher THEN whole ELSE money END AS booking_money
    FROM weighty
    WINDOW of_voucher AS (PARTITION BY upstream_id, is_taken_back, voucher, posted_on)
),
measured AS (
    SELECT
        *,
        count(*) OVER of_invoice AS n_lines,
        sum(money) OVER of_invoice AS sum_money,
        -- What is of another party, or of another day, is the least likely to be the booking.
        sum(money) OVER likely_first AS running_money,
        row_number() OVER likely_first AS posted_place,
        bool_or(rule = 'decision') OVER of_invoice AS is_decided,
        min(CASE WHEN abs(booking_money - whole) <= $tolerance AND party_agrees IS DISTINCT FROM FALSE
                 THEN {'is_of_other_day': is_of_other_day, 'day': posted_on, 'id': booking_id} END) OVER of_invoice AS first_whole
    FROM booked
    WINDOW of_invoice AS (PARTITION BY upstream_id, is_taken_back),
           likely_first AS (
               PARTITION BY upstream_id, is_taken_back
               ORDER BY coalesce(party_agrees, TRUE) DESC, is_of_other_day, posted_on, ledger_id)
),
completed AS (
    SELECT
        *,
        min(CASE WHEN abs(running_money - whole) <= $tolerance THEN posted_place END) OVER of_invoice AS prefix_place,
        min(CASE WHEN first_whole.id = booking_id THEN posted_place END) OVER of_invoice AS whole_place
    FROM measured
    WINDOW of_invoice AS (PARTITION BY upstream_id, is_taken_back)
),
prefixed AS (
    SELECT
        *,
        -- Several lines that complete the invoice before a whole one is posted are its booking.
        NOT is_decided AND coalesce(prefix_place > 1 AND (whole_place IS NULL OR prefix_place < whole_place), FALSE)
            AS is_prefixed,
        -- Equal lines that are each nearer to the invoice than all together: the same bill booked again, both wrong.
        n_lines > 1
        AND count(DISTINCT money) OVER (PARTITION BY upstream_id, is_taken_back) = 1
        AND abs(money - whole) < abs(sum_money - whole) AS is_repeated
    FROM completed
),
weighed AS (
    SELECT * EXCLUDE (first_whole), first_whole.id AS first_whole_id
    FROM prefixed
    UNION ALL BY NAME
    SELECT
        *, ledger_id AS booking_id, money AS booking_money, 1 AS n_lines, money AS sum_money, 1 AS posted_place, rule = 'decision' AS is_decided,
        CASE WHEN abs(money - whole) <= $tolerance AND party_agrees IS DISTINCT FROM FALSE THEN ledger_id END
            AS first_whole_id,
        FALSE AS is_prefixed, FALSE AS is_repeated, FALSE AS is_taken_back
    FROM lone
),
ruled AS (
    SELECT
        ledger_id, upstream_id, rule, is_whole_key, money_agrees, party_agrees, date_agrees,
        -- Of another day a reversal may be a red letter that does not say what it reverses, what cites a dead invoice the one that
        -- was issued in its place, and any line the invoice of its day.
        rule <> 'decision' AND date_agrees IS NOT DISTINCT FROM FALSE AS is_elsewhere,
        NOT is_dead AND (money > 0 OR whole < 0) AS is_sound,
        CASE
            -- What a person linked is the booking, with what makes it whole; other lines under its number come on top of it.
            WHEN rule = 'decision' OR is_taken_back THEN 'kept'
            WHEN is_decided AND n_lines > 1 AND abs(sum_money - whole) <= $tolerance THEN 'kept'
            WHEN is_decided AND abs(booking_money - whole) <= $tolerance AND party_agrees IS DISTINCT FROM FALSE THEN 'surplus'
            WHEN is_decided THEN 'doubtful'
            WHEN is_after_list AND abs(booking_money - whole) <= $tolerance AND party_agrees IS DISTINCT FROM FALSE THEN 'surplus'
            WHEN is_after_list AND money > 0 THEN 'doubtful'
            WHEN abs(sum_money - whole) <= $tolerance AND (n_lines > 1 OR party_agrees IS DISTINCT FROM FALSE) THEN 'kept'
            WHEN is_prefixed AND posted_place <= prefix_place THEN 'kept'
            WHEN NOT is_prefixed AND first_whole_id = booking_id THEN 'kept'
            -- A reversal in the ledger is no second booking; nor may it take back more than the invoice.
            WHEN money < 0 AND whole > 0 AND -money <= whole THEN 'kept'
            -- What is of another day may be another invoice's.
            WHEN (is_prefixed OR first_whole_id IS NOT NULL) AND abs(booking_money - whole) <= $tolerance
             AND party_agrees IS DISTINCT FROM FALSE AND NOT is_of_other_day THEN 'surplus'
            ELSE 'doubtful'
        END AS role,
        CASE
            -- Digits that a spreadsheet lost may happen to name an invoice of somebody else.
            WHEN is_damaged AND party_agrees = FALSE THEN 'unlinked'
            WHEN is_taken_back OR (money < 0 AND whole > 0) THEN 'kept'
            WHEN first_whole_id IS NULL AND NOT is_prefixed AND NOT is_decided AND NOT is_listed AND is_long_before THEN 'unlinked'
            WHEN first_whole_id IS NULL AND NOT is_prefixed AND NOT is_decided AND NOT is_after_list
             AND NOT (is_listed AND abs(money - whole) > $tolerance)
                THEN CASE WHEN is_repeated AND posted_place > 1 THEN 'surplus' ELSE 'kept' END
            -- The invoice is booked in full already. A line of another party and other money under its number is not the
            -- same bill; nor is one of another party under eight digits that several invoices may share.
            WHEN party_agrees = FALSE AND NOT (is_whole_key AND abs(money - whole) <= $tolerance) THEN 'unlinked'
            ELSE 'surplus'
        END AS fallback
    FROM weighed
)
SELECT
    * EXCLUDE (is_elsewhere, is_sound, is_whole_key)
    REPLACE (CASE WHEN is_elsewhere THEN 'doubtful' ELSE role END AS role,
             CASE WHEN is_elsewhere AND role <> 'doubtful' THEN role ELSE fallback END AS fallback),
    -- Where nothing but the day speaks against it, the invoice is not free for others.
    is_elsewhere AND is_sound AND role = 'kept' AS is_held
FROM ruled;
