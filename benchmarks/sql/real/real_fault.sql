-- what: the faults that are planted on real invoices, in equal shares
-- grain: one row per fault; place counts from 0; number_end_lost: the last two of 8 digits are gone
-- inputs: none
-- parameters: none
CREATE OR REPLACE TEMP TABLE real_fault AS
SELECT row_number() OVER () - 1 AS place, *
FROM (
    VALUES
    ('number_substituted', 'mismatched', 'number_mistyped'),
    ('number_transposed', 'mismatched', 'number_mistyped'),
    ('number_inserted', 'mismatched', 'number_mistyped'),
    ('number_deleted', 'mismatched', 'number_mistyped'),
    ('number_end_lost', 'mismatched', 'number_mistyped'),
    ('number_absent', 'mismatched', 'number_absent'),
    ('booked_twice', 'matched', 'exact'),
    ('amount_transposed', 'mismatched', 'amount_differs'),
    ('party_differs', 'mismatched', 'party_differs'),
    ('date_differs', 'mismatched', 'date_differs'),
    ('not_found', 'missing_upstream', 'not_found'),
    ('not_booked', 'missing_ledger', 'not_booked'),
    ('noise_full_width', 'matched', 'exact'),
    ('noise_blanks', 'matched', 'exact'),
    ('noise_prefix', 'matched', 'exact'),
    ('noise_lost_zeros', 'matched', 'exact')
) AS f(fault, verdict, cause);
