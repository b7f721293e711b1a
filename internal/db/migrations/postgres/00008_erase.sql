-- +goose Up
-- instrument: what ends, renews or replaces a text or one of its clauses, in the order it was said
CREATE TABLE ending (
  instrument TEXT COLLATE "C" NOT NULL REFERENCES instrument (id),
  clause     TEXT COLLATE "C" NOT NULL,          -- empty for the whole text
  party      TEXT COLLATE "C" NOT NULL,
  action     TEXT COLLATE "C" NOT NULL,          -- ended, superseded, renewed
  said       BIGINT NOT NULL,
  at         BIGINT NOT NULL,          -- the first moment at which it is not in force any more
  other      TEXT COLLATE "C" NOT NULL,          -- the text that takes its place
  why        TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (instrument, clause, party, action, said)
);
-- link: from when on entries under a text or a clause get no position
CREATE TABLE closed (
  partner    TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  since      BIGINT NOT NULL,
  PRIMARY KEY (partner, instrument, clause)
);
-- link: what was taken out of the outbox again, because it may not leave any more
CREATE TABLE unsent (
  id         TEXT COLLATE "C" PRIMARY KEY,
  partner    TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  rows       BIGINT NOT NULL,
  since      BIGINT NOT NULL,
  dropped    BIGINT NOT NULL,
  why        TEXT COLLATE "C" NOT NULL
);
-- store: a version may say that the record is no more: 1 deleted here, 2 withdrawn by its owner; its row is then empty
ALTER TABLE record ADD COLUMN gone BIGINT NOT NULL DEFAULT 0;
CREATE INDEX record_entry ON record (log, idx) WHERE log IS NOT NULL;
-- store: entries that brought a version which an earlier one had brought already
CREATE TABLE record_also (
  seq BIGINT NOT NULL,
  log BIGINT NOT NULL,
  idx BIGINT NOT NULL,
  PRIMARY KEY (log, idx, seq)
);
CREATE INDEX record_also_seq ON record_also (seq);
-- link: how many bodies were ever erased, and up to which of them the files of the database were cleaned
INSERT INTO counter (name, n) VALUES ('erased', 0), ('cleaned', 0);
