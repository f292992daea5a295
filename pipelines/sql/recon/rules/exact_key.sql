-- rule: the reference names the whole key of an invoice: 20 digits, or code and number, whatever the format noise
-- writes: work_accepted
-- inputs: work_claim
-- parameters: none
-- Money and party are compared afterwards; a line whose money or party disagrees is first offered to another_number.

INSERT INTO work_accepted
SELECT ledger_id, alt, position, upstream_id, 'exact_key', n_numbers
FROM work_claim
WHERE is_whole_key
QUALIFY row_number() OVER (
    PARTITION BY ledger_id, alt, position ORDER BY n_agree DESC, issued_on, observed_at, upstream_id
) = 1;
