-- +goose Up
-- store: what is there of a dataset and a city, in the order of its time, to be counted, read page by page and drawn
CREATE INDEX record_listed ON record (dataset, origin, first, seq) WHERE successor IS NULL AND gone = 0;
-- store: what was replaced lately, so that who reads page by page goes on with what there was when the reading began; and what a
-- version took the place of
CREATE INDEX record_successor ON record (successor) WHERE successor IS NOT NULL;
