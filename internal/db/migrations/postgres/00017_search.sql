-- +goose Up
-- search: what can be found, with its text; derived from the tables of the keepers, so that a backup leaves it out
CREATE TABLE search_doc (
  id      BIGINT PRIMARY KEY,         -- never given twice; the block is id / 4096
  kind    TEXT   NOT NULL,
  ref     TEXT   NOT NULL,            -- which one of its kind
  needs   TEXT   NOT NULL,            -- the right without which nobody may know that it is there
  version BIGINT NOT NULL,            -- the stored version of a record that it tells; 0 of all else
  at      BIGINT NOT NULL,            -- newer ones come first
  date    TEXT   NOT NULL,            -- the same as it was said, a year as a year
  title   TEXT   NOT NULL,            -- texts, each as language, US, text, RS
  body    TEXT   NOT NULL
);
CREATE UNIQUE INDEX search_doc_ref ON search_doc (ref, kind);
CREATE INDEX search_doc_version ON search_doc (version) WHERE version > 0;

-- search: which of a block's documents hold a gram, two letters each; negative grams stand for rights and kinds
CREATE TABLE search_gram (
  gram  BIGINT NOT NULL,
  block BIGINT NOT NULL,
  docs  TEXT   NOT NULL,
  PRIMARY KEY (gram, block)
);

-- search: when each of a block's documents was, five letters each
CREATE TABLE search_block (
  block BIGINT PRIMARY KEY,
  times TEXT   NOT NULL
);

-- search: what has changed and is not yet looked at; how far the stored records, and which content, were looked at
CREATE TABLE search_due (
  kind TEXT NOT NULL,
  ref  TEXT NOT NULL,
  PRIMARY KEY (kind, ref)
);
CREATE TABLE search_seen (
  name TEXT   PRIMARY KEY,
  n    BIGINT NOT NULL,
  what TEXT   NOT NULL
);
INSERT INTO search_seen (name, n, what) VALUES ('ids', 0, '');
