-- what: since which night the adjustments stand that a version before kept; those that had gone it did not keep
-- grain: night__adjustment one row per adjustment
-- inputs: recon__adjustment
-- parameters: none

INSERT INTO night__adjustment BY NAME
SELECT period, item_id, kind, found_cause, upstream_change_cny, ledger_change_cny, first_night FROM recon__adjustment;
