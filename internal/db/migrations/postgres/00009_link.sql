-- +goose Up
-- link: who waits for a partner's word before this node writes to it again. '' stands for every partner that is not named:
-- the node was restored then. heard is when the word came; null while the link waits
CREATE TABLE restored (
  partner TEXT COLLATE "C"   PRIMARY KEY,
  asks    TEXT COLLATE "C"   NOT NULL,             -- what the partner's word has to name
  since   BIGINT NOT NULL,
  heard   BIGINT
);
-- link: on a partner's log, what the partner asks after its own restore and how much of its log it still has; null when nothing
ALTER TABLE log ADD COLUMN asks TEXT COLLATE "C";
ALTER TABLE log ADD COLUMN has BIGINT;

-- link: how the exchange with a partner goes
CREATE TABLE attempt (
  partner TEXT COLLATE "C"   PRIMARY KEY,
  ok      BIGINT NOT NULL,             -- when it last went well; 0 when never
  carrier TEXT COLLATE "C"   NOT NULL,             -- by what: https, file
  failed  BIGINT NOT NULL,             -- when it last failed
  kind    TEXT COLLATE "C"   NOT NULL,             -- of that failure
  why     TEXT COLLATE "C"   NOT NULL,
  tries   BIGINT NOT NULL,             -- failures since it went well
  next    BIGINT NOT NULL              -- when it is tried again; 0 when nothing is planned
);

-- link: which process sends to a partner. It counts beats as long as it lives
CREATE TABLE lease (
  name   TEXT COLLATE "C"   PRIMARY KEY,
  holder TEXT COLLATE "C"   NOT NULL,
  beat   BIGINT NOT NULL
);

-- link: what a partner signed that contradicts what it had signed before, kept as proof
CREATE TABLE contradiction (
  partner TEXT COLLATE "C"   NOT NULL,
  found   BIGINT NOT NULL,
  why     TEXT COLLATE "C"   NOT NULL,
  before  BYTEA  NOT NULL,             -- the cosigned checkpoint that holds here
  signed  BYTEA  NOT NULL,             -- the checkpoint that contradicts it
  PRIMARY KEY (partner, signed)
);
