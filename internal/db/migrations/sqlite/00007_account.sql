-- +goose Up
-- account: the people of the city
CREATE TABLE account (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  role     TEXT NOT NULL,
  lang     TEXT NOT NULL,
  password TEXT NOT NULL,   -- argon2id, with its parameters and salt
  shown    TEXT NOT NULL,   -- the password of an account that the demo made, for its start page; empty on every other
  since    BIGINT NOT NULL,
  closed   BIGINT         -- null while it is open
);
CREATE TABLE account_unit (
  account TEXT NOT NULL REFERENCES account (id),
  unit    TEXT NOT NULL,
  since   TEXT NOT NULL,    -- days; the last one is empty while there is no end
  until   TEXT NOT NULL,
  PRIMARY KEY (account, since)
);
CREATE TABLE session (
  token   BLOB PRIMARY KEY,   -- SHA-256 of what the browser holds
  account TEXT NOT NULL REFERENCES account (id),
  made    BIGINT NOT NULL,
  seen    BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account);
-- account: how often a sign-in has failed, by account and by address
CREATE TABLE sign_in_attempt (
  key   TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  n     BIGINT NOT NULL
);
-- audit: every deed, one line each; the hashes are those of log 0
CREATE TABLE audit (
  idx  BIGINT PRIMARY KEY,
  line BLOB NOT NULL
);
CREATE TABLE audit_size (size BIGINT NOT NULL);
INSERT INTO audit_size (size) VALUES (0);
