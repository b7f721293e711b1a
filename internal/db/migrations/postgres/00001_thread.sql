-- +goose Up
-- The same tables as on the embedded engine. Text is compared byte by byte, as there. row and rows are good names of columns here too.

-- who writes: a writing transaction begins by adding one, and so waits for the one before; n also tells watchers of a change
CREATE TABLE writing (n BIGINT NOT NULL) WITH (fillfactor = 10);
INSERT INTO writing (n) VALUES (0);

CREATE TABLE counter (name TEXT COLLATE "C" PRIMARY KEY, n BIGINT NOT NULL);
INSERT INTO counter (name, n) VALUES ('record', 0), ('outbox', 0), ('log', 0), ('release', 0), ('import', 0);

-- link: cards of this and other cities, in chains
CREATE TABLE card (
  party  TEXT COLLATE "C" NOT NULL,
  serial BIGINT NOT NULL,
  file   BYTEA NOT NULL,
  added  BIGINT NOT NULL,
  PRIMARY KEY (party, serial)
);

-- link: what waits to leave
CREATE TABLE outbox (
  seq        BIGINT PRIMARY KEY,
  id         TEXT COLLATE "C" NOT NULL UNIQUE,
  partner    TEXT COLLATE "C" NOT NULL,
  control    BIGINT NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  unit       TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  rows       BIGINT NOT NULL,
  body       BYTEA NOT NULL,
  since      BIGINT NOT NULL
);
CREATE INDEX outbox_order ON outbox (partner, control DESC, seq);

-- link: one log per direction; what has left or come
CREATE TABLE log (
  id        BIGINT PRIMARY KEY,
  origin    TEXT COLLATE "C" NOT NULL UNIQUE,
  writer    TEXT COLLATE "C" NOT NULL,
  partner   TEXT COLLATE "C" NOT NULL,           -- the other city, whoever writes
  size      BIGINT NOT NULL,
  delivered BIGINT NOT NULL,           -- entries below this are cosigned by the mirror
  told      BIGINT NOT NULL            -- of a partner's log: the size whose cosignature it is known to have
);
CREATE TABLE entry (
  log        BIGINT NOT NULL REFERENCES log (id),
  idx        BIGINT NOT NULL,
  id         TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,          -- the dataset of records; otherwise empty
  rows       BIGINT NOT NULL,          -- how many records it carries
  time       BIGINT NOT NULL,
  header     BYTEA NOT NULL,
  salt       BYTEA,                     -- salt and body are null once erased
  body       BYTEA,
  stored     BIGINT NOT NULL,
  aside      TEXT COLLATE "C" NOT NULL,          -- why it was not applied; empty when it was
  PRIMARY KEY (log, idx)
);
CREATE UNIQUE INDEX entry_id ON entry (log, id);
CREATE INDEX entry_clause ON entry (instrument, clause, kind, time);
CREATE TABLE cosigned (
  log  BIGINT NOT NULL REFERENCES log (id),
  size BIGINT NOT NULL,
  file BYTEA NOT NULL,
  at   BIGINT NOT NULL,
  PRIMARY KEY (log, size)
);

-- hashlog: 256 stored hashes a row, in the dense order of the tree
CREATE TABLE hash_chunk (
  log    BIGINT NOT NULL,
  chunk  BIGINT NOT NULL,
  hashes BYTEA NOT NULL,
  PRIMARY KEY (log, chunk)
);
ALTER TABLE hash_chunk ALTER COLUMN hashes SET STORAGE EXTERNAL; -- hashes do not compress

-- instrument: texts signed or registered here, and what was done to them
CREATE TABLE instrument (
  id    TEXT COLLATE "C" PRIMARY KEY,
  hash  TEXT COLLATE "C" NOT NULL,
  file  BYTEA NOT NULL,
  added BIGINT NOT NULL
);
CREATE TABLE action (
  instrument TEXT COLLATE "C" NOT NULL REFERENCES instrument (id),
  action     TEXT COLLATE "C" NOT NULL,
  date       TEXT COLLATE "C" NOT NULL,
  party      TEXT COLLATE "C" NOT NULL,
  known      BIGINT NOT NULL,
  PRIMARY KEY (instrument, action, date, party)
);

-- store: every version of every record; the current one has no successor
CREATE TABLE record (
  seq       BIGINT PRIMARY KEY,
  dataset   TEXT COLLATE "C" NOT NULL,
  version   BIGINT NOT NULL,
  origin    TEXT COLLATE "C" NOT NULL,
  key       TEXT COLLATE "C" NOT NULL,
  row       BYTEA NOT NULL,
  sum       BYTEA NOT NULL,
  first     BIGINT NOT NULL,
  known     BIGINT NOT NULL,
  source    TEXT COLLATE "C" NOT NULL,
  log       BIGINT,
  idx       BIGINT,
  successor BIGINT
);
CREATE UNIQUE INDEX record_current ON record (dataset, origin, key) WHERE successor IS NULL;

-- flow: how far each clause has looked through our records, what it holds back until when, what it has offered
CREATE TABLE flow (
  partner    TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  dataset    TEXT COLLATE "C" NOT NULL,
  seen       BIGINT NOT NULL,
  PRIMARY KEY (partner, instrument, clause, dataset)
);
CREATE TABLE held (
  partner    TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  dataset    TEXT COLLATE "C" NOT NULL,
  seq        BIGINT NOT NULL,
  due        BIGINT NOT NULL,
  PRIMARY KEY (partner, instrument, clause, dataset, seq)
);
CREATE INDEX held_due ON held (due);
CREATE TABLE offered (
  partner    TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  dataset    TEXT COLLATE "C" NOT NULL,
  key        TEXT COLLATE "C" NOT NULL,
  sum        BYTEA NOT NULL,
  PRIMARY KEY (partner, instrument, clause, dataset, key)
);
CREATE TABLE release (
  id         BIGINT PRIMARY KEY,
  partner    TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  clause     TEXT COLLATE "C" NOT NULL,
  unit       TEXT COLLATE "C" NOT NULL,
  dataset    TEXT COLLATE "C" NOT NULL,
  body       BYTEA NOT NULL,
  rows       BIGINT NOT NULL,
  state      TEXT COLLATE "C" NOT NULL,          -- waiting
  since      BIGINT NOT NULL
);
