-- +goose Up
-- document: files under a clause, ours and the partners'
CREATE TABLE document (
  id         TEXT COLLATE "C" PRIMARY KEY,   -- 32 hex digits, given by the node that sends it
  sender     TEXT COLLATE "C" NOT NULL,
  partner    TEXT COLLATE "C" NOT NULL,         -- the other city, whoever sends
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  answers    TEXT COLLATE "C" NOT NULL,         -- the document it answers; otherwise empty
  head       BYTEA NOT NULL,         -- the body that announces it
  state      TEXT COLLATE "C" NOT NULL,         -- ours: loading, waiting, leaving, left, refused, withdrawn; a partner's: coming, unchecked, here, unsafe
  why        TEXT COLLATE "C" NOT NULL,         -- why it is refused, withdrawn or unsafe
  person     TEXT COLLATE "C" NOT NULL,         -- who sends it; known at home only
  entry      TEXT COLLATE "C" NOT NULL,         -- the entry that announces it; empty while there is none
  missing    BIGINT NOT NULL,         -- parts that have not left for the outbox, or have not come
  since      BIGINT NOT NULL,         -- known here since
  moved      BIGINT NOT NULL          -- in its present state since
);
CREATE INDEX document_state ON document (state, partner, since);
CREATE INDEX document_answers ON document (answers);
CREATE TABLE document_part (
  document TEXT COLLATE "C" NOT NULL REFERENCES document (id),
  n        BIGINT NOT NULL,
  hash     TEXT COLLATE "C" NOT NULL,
  entry    TEXT COLLATE "C" NOT NULL,           -- the entry that holds its bytes; empty while there is none
  body     BYTEA,                      -- its bytes before they are in an entry
  PRIMARY KEY (document, n)
);
CREATE INDEX document_part_hash ON document_part (hash);
ALTER TABLE document_part ALTER COLUMN body SET STORAGE EXTERNAL; -- files do not compress
-- document: parts that came before the document that names them
CREATE TABLE document_stray (
  partner    TEXT COLLATE "C" NOT NULL,
  entry      TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  hash       TEXT COLLATE "C" NOT NULL,
  since      BIGINT NOT NULL,
  PRIMARY KEY (partner, entry)
);
CREATE INDEX document_stray_hash ON document_stray (hash);
-- document: which offices have opened it
CREATE TABLE document_opened (
  document TEXT COLLATE "C" NOT NULL REFERENCES document (id),
  unit     TEXT COLLATE "C" NOT NULL,
  person   TEXT COLLATE "C" NOT NULL,           -- who, where it was opened here; known at home only
  at       BIGINT NOT NULL,
  PRIMARY KEY (document, unit)
);
-- flow: a document waits for persons in the same queue
ALTER TABLE release ADD COLUMN document TEXT COLLATE "C" NOT NULL DEFAULT '';
