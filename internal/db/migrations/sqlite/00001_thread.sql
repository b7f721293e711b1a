-- +goose Up
CREATE TABLE counter (name TEXT PRIMARY KEY, n BIGINT NOT NULL);
INSERT INTO counter (name, n) VALUES ('record', 0), ('outbox', 0), ('log', 0), ('release', 0), ('import', 0);

-- link: cards of this and other cities, in chains
CREATE TABLE card (
  party  TEXT   NOT NULL,
  serial BIGINT NOT NULL,
  file   BLOB   NOT NULL,
  added  BIGINT NOT NULL,
  PRIMARY KEY (party, serial)
);

-- link: what waits to leave
CREATE TABLE outbox (
  seq        INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL UNIQUE,
  partner    TEXT    NOT NULL,
  control    BIGINT  NOT NULL,
  kind       TEXT    NOT NULL,
  instrument TEXT    NOT NULL,
  clause     TEXT    NOT NULL,
  unit       TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  rows       BIGINT  NOT NULL,
  body       BLOB    NOT NULL,
  since      BIGINT  NOT NULL
);
CREATE INDEX outbox_order ON outbox (partner, control DESC, seq);

-- link: one log per direction; what has left or come
CREATE TABLE log (
  id        BIGINT PRIMARY KEY,
  origin    TEXT   NOT NULL UNIQUE,
  writer    TEXT   NOT NULL,
  partner   TEXT   NOT NULL,           -- the other city, whoever writes
  size      BIGINT NOT NULL,
  delivered BIGINT NOT NULL,           -- entries below this are cosigned by the mirror
  told      BIGINT NOT NULL            -- of a partner's log: the size whose cosignature it is known to have
);
CREATE TABLE entry (
  log        BIGINT NOT NULL REFERENCES log (id),
  idx        BIGINT NOT NULL,
  id         TEXT   NOT NULL,
  kind       TEXT   NOT NULL,
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  subject    TEXT   NOT NULL,          -- the dataset of records; otherwise empty
  rows       BIGINT NOT NULL,          -- how many records it carries
  time       BIGINT NOT NULL,
  header     BLOB   NOT NULL,
  salt       BLOB,                     -- salt and body are null once erased
  body       BLOB,
  stored     BIGINT NOT NULL,
  aside      TEXT   NOT NULL,          -- why it was not applied; empty when it was
  PRIMARY KEY (log, idx)
);
CREATE UNIQUE INDEX entry_id ON entry (log, id);
CREATE INDEX entry_clause ON entry (instrument, clause, kind, time);
CREATE TABLE cosigned (
  log  BIGINT NOT NULL REFERENCES log (id),
  size BIGINT NOT NULL,
  file BLOB   NOT NULL,
  at   BIGINT NOT NULL,
  PRIMARY KEY (log, size)
);

-- hashlog: 256 stored hashes a row, in the dense order of the tree
CREATE TABLE hash_chunk (
  log    BIGINT NOT NULL,
  chunk  BIGINT NOT NULL,
  hashes BLOB   NOT NULL,
  PRIMARY KEY (log, chunk)
);

-- instrument: texts signed or registered here, and what was done to them
CREATE TABLE instrument (
  id    TEXT   PRIMARY KEY,
  hash  TEXT   NOT NULL,
  file  BLOB   NOT NULL,
  added BIGINT NOT NULL
);
CREATE TABLE action (
  instrument TEXT   NOT NULL REFERENCES instrument (id),
  action     TEXT   NOT NULL,
  date       TEXT   NOT NULL,
  party      TEXT   NOT NULL,
  known      BIGINT NOT NULL,
  PRIMARY KEY (instrument, action, date, party)
);

-- store: every version of every record; the current one has no successor
CREATE TABLE record (
  seq       INTEGER PRIMARY KEY,
  dataset   TEXT    NOT NULL,
  version   BIGINT  NOT NULL,
  origin    TEXT    NOT NULL,
  key       TEXT    NOT NULL,
  row       BLOB    NOT NULL,
  sum       BLOB    NOT NULL,
  first     BIGINT  NOT NULL,
  known     BIGINT  NOT NULL,
  source    TEXT    NOT NULL,
  log       BIGINT,
  idx       BIGINT,
  successor BIGINT
);
CREATE UNIQUE INDEX record_current ON record (dataset, origin, key) WHERE successor IS NULL;

-- flow: how far each clause has looked through our records, what it holds back until when, what it has offered
CREATE TABLE flow (
  partner    TEXT   NOT NULL,
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  dataset    TEXT   NOT NULL,
  seen       BIGINT NOT NULL,
  PRIMARY KEY (partner, instrument, clause, dataset)
);
CREATE TABLE held (
  partner    TEXT   NOT NULL,
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  dataset    TEXT   NOT NULL,
  seq        BIGINT NOT NULL,
  due        BIGINT NOT NULL,
  PRIMARY KEY (partner, instrument, clause, dataset, seq)
);
CREATE INDEX held_due ON held (due);
CREATE TABLE offered (
  partner    TEXT   NOT NULL,
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  dataset    TEXT   NOT NULL,
  key        TEXT   NOT NULL,
  sum        BLOB   NOT NULL,
  PRIMARY KEY (partner, instrument, clause, dataset, key)
);
CREATE TABLE release (
  id         BIGINT PRIMARY KEY,
  partner    TEXT   NOT NULL,
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  unit       TEXT   NOT NULL,
  dataset    TEXT   NOT NULL,
  body       BLOB   NOT NULL,
  rows       BIGINT NOT NULL,
  state      TEXT   NOT NULL,          -- waiting
  since      BIGINT NOT NULL
);
