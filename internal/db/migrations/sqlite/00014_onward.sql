-- +goose Up
-- link: of records that are passed on, whose they are and the clause under which they came; empty for all else
ALTER TABLE outbox ADD COLUMN of_party TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN of_instrument TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN of_clause TEXT NOT NULL DEFAULT '';
