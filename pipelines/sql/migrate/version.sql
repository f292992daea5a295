-- what: notes the version of the tables in a database that has none noted
-- grain: warehouse__version one row
-- inputs: warehouse__version
-- parameters: $version, $fingerprint

INSERT INTO warehouse__version SELECT $version, $fingerprint WHERE NOT EXISTS (FROM warehouse__version);
