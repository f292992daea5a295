-- what: lets go of what the result is not written from: only `explain` and the next steps of a night ask for it
-- grain: none
-- inputs: the tables that are dropped
-- parameters: none

DROP TABLE work_claim;

DROP TABLE work_known;

DROP TABLE work_open_ledger;

DROP TABLE work_reference;

DROP TABLE work_similar;

DROP TABLE work_unsure;

DROP TABLE work_named;

DROP TABLE work_accepted;

DROP TABLE work_looked;

DROP TABLE work_considered;
