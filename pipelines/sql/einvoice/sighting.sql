-- what: what the documents of one file say, added to the sightings
-- grain: core_einvoice__sighting one row per document and witness
-- inputs: einvoice_said (columns of a reading, source_file, source_row)
-- parameters: $file_id, $source_id, $observed_at, $received_at

INSERT INTO core_einvoice__sighting BY NAME
SELECT
    md5(concat_ws('|', $file_id, $source_id, source_row, witness)) AS record_id,
    $file_id AS file_id, s.*, $source_id AS source_id,
    $observed_at::TIMESTAMP AS observed_at, $received_at::TIMESTAMP AS received_at
FROM einvoice_said s;
