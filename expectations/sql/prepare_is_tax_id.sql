-- audit_is_tax_id(tax_id): whether a tax id has a valid form and, if it has one, a valid check digit. NULL for NULL.
-- GB 32100 unified social credit code: 18 characters without I, O, S, V, Z; weights 3^i modulo 31. An 18-digit id may
-- also be that of a person (GB 11643: weights 2^i modulo 11). Old ids of 15, 17 and 20 characters have no check digit
-- that applies to all of them: they pass.
-- Grain: a scalar macro, for the life of the session.
-- Inputs: none.
-- Parameters: none.
CREATE OR REPLACE TEMP MACRO audit_is_tax_id(tax_id) AS
CASE
    WHEN tax_id IS NULL THEN NULL
    WHEN LENGTH(tax_id) IN (15, 17, 20) THEN TRUE
    WHEN LENGTH(tax_id) <> 18 THEN FALSE
    ELSE (
        REGEXP_FULL_MATCH(tax_id, '[0-9A-HJ-NPQRTUWXY][0-9A-HJ-NPQRTUWXY][0-9]+[0-9A-HJ-NPQRTUWXY]+')
        AND RIGHT(tax_id, 1) = SUBSTR(
            '0123456789ABCDEFGHJKLMNPQRTUWXY',
            CAST((31 - LIST_SUM([
                (STRPOS('0123456789ABCDEFGHJKLMNPQRTUWXY', SUBSTR(tax_id, i, 1)) - 1)
                * [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28][i]
                FOR i IN RANGE(1, 18)
            ]) % 31) % 31 + 1 AS BIGINT),
            1
        )
    ) OR (
        REGEXP_FULL_MATCH(tax_id, '[0-9]+[0-9X]')
        AND RIGHT(tax_id, 1) = SUBSTR(
            '10X98765432',
            CAST(LIST_SUM([
                (STRPOS('0123456789', SUBSTR(tax_id, i, 1)) - 1)
                * [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2][i]
                FOR i IN RANGE(1, 18)
            ]) % 11 + 1 AS BIGINT),
            1
        )
    )
END
