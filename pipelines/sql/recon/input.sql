-- what: scalar macros that read the moments of an input file as Beijing time
-- grain: none
-- inputs: none
-- parameters: none

-- China keeps one time without summer time, so eight hours suffice and no list of time zones is needed.
CREATE OR REPLACE TEMP MACRO beijing_clock(moment) AS TRY(make_timestamp(epoch_us(moment) + 8 * 3600000000));

-- A cast of text to TIMESTAMP drops the offset: 17:00Z would stay 17:00, and the day be the one before.
CREATE OR REPLACE TEMP MACRO written_moment(moment) AS
    CASE WHEN regexp_matches(moment, ':[0-9]{2}(\.[0-9]+)?\s*(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)$')
         THEN beijing_clock(TRY_CAST(moment AS TIMESTAMPTZ))
         ELSE TRY_CAST(moment AS TIMESTAMP) END;
