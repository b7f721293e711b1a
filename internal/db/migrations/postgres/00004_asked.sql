-- +goose Up
-- link: the size up to which the partner has our log now, where that is less than it once had: it was restored and asks again
ALTER TABLE log ADD COLUMN asked BIGINT;
