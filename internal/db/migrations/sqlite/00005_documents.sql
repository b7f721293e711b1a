-- +goose Up
-- document: files under a clause, ours and the partners'
CREATE TABLE document (
  id         TEXT   PRIMARY KEY,      -- 32 hex digits, given by the node that sends it
  sender     TEXT   NOT NULL,
  partner    TEXT   NOT NULL,         -- the other city, whoever sends
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  kind       TEXT   NOT NULL,
  answers    TEXT   NOT NULL,         -- the document it answers; otherwise empty
  head       BLOB   NOT NULL,         -- the body that announces it
  state      TEXT   NOT NULL,         -- ours: loading, waiting, leaving, left, refused, withdrawn; a partner's: coming, unchecked, here, unsafe
  why        TEXT   NOT NULL,         -- why it is refused, withdrawn or unsafe
  person     TEXT   NOT NULL,         -- who sends it; known at home only
  entry      TEXT   NOT NULL,         -- the entry that announces it; empty while there is none
  missing    BIGINT NOT NULL,         -- parts that have not left for the outbox, or have not come
  since      BIGINT NOT NULL,         -- known here since
  moved      BIGINT NOT NULL          -- in its present state since
);
CREATE INDEX document_state ON document (state, partner, since);
CREATE INDEX document_answers ON document (answers);
CREATE TABLE document_part (
  document TEXT   NOT NULL REFERENCES document (id),
  n        BIGINT NOT NULL,
  hash     TEXT   NOT NULL,
  entry    TEXT   NOT NULL,           -- the entry that holds its bytes; empty while there is none
  body     BLOB,                      -- its bytes before they are in an entry
  PRIMARY KEY (document, n)
);
CREATE INDEX document_part_hash ON document_part (hash);
-- document: parts that came before the document that names them
CREATE TABLE document_stray (
  partner    TEXT   NOT NULL,
  entry      TEXT   NOT NULL,
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  hash       TEXT   NOT NULL,
  since      BIGINT NOT NULL,
  PRIMARY KEY (partner, entry)
);
CREATE INDEX document_stray_hash ON document_stray (hash);
-- document: which offices have opened it
CREATE TABLE document_opened (
  document TEXT   NOT NULL REFERENCES document (id),
  unit     TEXT   NOT NULL,
  person   TEXT   NOT NULL,           -- who, where it was opened here; known at home only
  at       BIGINT NOT NULL,
  PRIMARY KEY (document, unit)
);
-- flow: a document waits for persons in the same queue
ALTER TABLE release ADD COLUMN document TEXT NOT NULL DEFAULT '';
