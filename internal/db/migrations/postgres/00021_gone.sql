-- +goose Up
-- store: whether anything of a dataset and a city is there, together with record_listed
CREATE INDEX record_gone ON record (dataset, origin) WHERE successor IS NULL AND gone > 0;
