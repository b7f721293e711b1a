-- +goose Up
-- node: the backups that were written here; one that is restored from does not list itself
CREATE TABLE backup (
  at    BIGINT PRIMARY KEY,
  rows  BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  keys  BIGINT NOT NULL                -- whether the private keys are in it
);
