-- report_card_row: the findings of the page.
-- Grain: one row per finding. Inputs: report_card. Parameters: none.
SELECT * FROM report_card ORDER BY stake_fen DESC, cause, item_id;
