-- +goose Up
-- flow: the tables of groups by clause and closed period: what was made last, in which release it waits, what has left
CREATE TABLE tabled (
  partner    TEXT   NOT NULL,
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  dataset    TEXT   NOT NULL,
  span       TEXT   NOT NULL,
  sum        BYTEA  NOT NULL,
  release    BIGINT NOT NULL,           -- 0 for none
  body       BYTEA  NOT NULL,          -- empty while no table has left
  PRIMARY KEY (partner, instrument, clause, dataset, span)
);
CREATE INDEX tabled_release ON tabled (release);
