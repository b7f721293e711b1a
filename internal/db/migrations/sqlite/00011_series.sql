-- +goose Up
-- store: many keys are looked up at once, and a planner without fresh statistics would rather read the whole dataset than
-- look for each; where the key comes first it cannot
DROP INDEX record_current;
CREATE UNIQUE INDEX record_current ON record (key, dataset, origin) WHERE successor IS NULL;

-- series: what observations are of; the place is the last one known
CREATE TABLE series (
  id        INTEGER PRIMARY KEY,
  dataset   TEXT    NOT NULL,
  version   BIGINT  NOT NULL,
  origin    TEXT    NOT NULL,
  key       TEXT    NOT NULL,
  field     BIGINT  NOT NULL,          -- the quantity, by its place in the dataset's fields
  step      TEXT    NOT NULL,          -- instant, day, month, year
  place     TEXT    NOT NULL,
  simulated BIGINT  NOT NULL
);
CREATE UNIQUE INDEX series_name ON series (key, field, step, simulated, dataset, version, origin);

-- series: fresh observations, one row for each batch and series, as they came; packing moves them into chunks
CREATE TABLE tail (
  seq    INTEGER PRIMARY KEY,
  series BIGINT  NOT NULL REFERENCES series (id),
  first  BIGINT  NOT NULL,
  last   BIGINT  NOT NULL,
  rows   BIGINT  NOT NULL,
  known  BIGINT  NOT NULL,
  source TEXT    NOT NULL,
  log    BIGINT,
  idx    BIGINT,
  body   BLOB    NOT NULL
);
CREATE INDEX tail_series ON tail (series, last);

-- series: history, some 500 values a row, none of them twice
CREATE TABLE chunk (
  series BIGINT NOT NULL REFERENCES series (id),
  first  BIGINT NOT NULL,
  last   BIGINT NOT NULL,
  rows   BIGINT NOT NULL,
  seq    BIGINT NOT NULL,              -- the highest of the tail rows it was made of
  body   BLOB   NOT NULL,
  PRIMARY KEY (series, first)
);
CREATE INDEX chunk_seq ON chunk (seq);

-- series: values that a later one has taken the place of
CREATE TABLE replaced (
  series BIGINT NOT NULL REFERENCES series (id),
  seq    BIGINT NOT NULL,              -- of the tail row that took their place
  first  BIGINT NOT NULL,
  last   BIGINT NOT NULL,
  rows   BIGINT NOT NULL,
  body   BLOB   NOT NULL,
  PRIMARY KEY (series, seq, first)
);

-- flow: fresh observations some of which a clause lets out only later
CREATE TABLE held_series (
  partner    TEXT   NOT NULL,
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  dataset    TEXT   NOT NULL,
  seq        BIGINT NOT NULL,
  looked     BIGINT NOT NULL,          -- when they were last looked at
  due        BIGINT NOT NULL,          -- when the next of them may leave
  PRIMARY KEY (partner, instrument, clause, dataset, seq)
);
INSERT INTO counter (name, n) VALUES ('series', 0), ('tail', 0);
