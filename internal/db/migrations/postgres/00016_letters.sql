-- +goose Up
-- document, evidence: what came or was said last, page by page
CREATE INDEX document_since ON document (since, id);
CREATE INDEX document_entry ON document (entry);
CREATE INDEX claim_known ON claim (known, event);
-- account: up to which position of a partner's log a person has seen what came
CREATE TABLE account_seen (
  account  TEXT   NOT NULL REFERENCES account (id),
  partner  TEXT   NOT NULL,
  position BIGINT NOT NULL,           -- entries below it are seen
  PRIMARY KEY (account, partner)
);
-- account: from which networks a person has signed in; the hash of account and network, and when last
CREATE TABLE sign_in_network (
  key  TEXT   PRIMARY KEY,
  last BIGINT NOT NULL
);
