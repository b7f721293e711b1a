-- +goose Up
-- store: where a record is, as a cell of geo; null where it says no place. What was stored before has none yet: numbers up to that of
-- the counter unplaced are still to be looked at
ALTER TABLE record ADD COLUMN cell BIGINT;
INSERT INTO counter (name, n) SELECT 'unplaced', n FROM counter WHERE name = 'record';
-- store: what is there of a dataset and a city near a place
CREATE INDEX record_cell ON record (dataset, origin, cell, seq) WHERE successor IS NULL AND gone = 0 AND cell IS NOT NULL;
