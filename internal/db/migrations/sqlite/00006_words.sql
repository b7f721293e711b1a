-- +goose Up
-- evidence: every version of what a city claims, here and at the partner
CREATE TABLE claim (
  event      TEXT   NOT NULL,          -- the claimant's id and a name
  version    BIGINT NOT NULL,
  action     TEXT   NOT NULL,          -- claimed, corrected, withdrawn
  hash       TEXT   NOT NULL,          -- of the body; what a word speaks of
  instrument TEXT   NOT NULL,          -- empty, as the clause, for what stands on the time line only and stays home
  clause     TEXT   NOT NULL,
  kind       TEXT   NOT NULL,          -- this and the next four are of the body, for the pulse; empty when withdrawn
  level      TEXT   NOT NULL,
  parties    TEXT   NOT NULL,          -- who acted, joined by commas
  start      TEXT   NOT NULL,
  until      TEXT   NOT NULL,
  body       BLOB   NOT NULL,
  unit       TEXT   NOT NULL,          -- the claimant's office; empty where none is named
  person     TEXT   NOT NULL,          -- who claimed it here; empty for a partner's, whose people stay home
  known      BIGINT NOT NULL,
  PRIMARY KEY (event, version)
);
CREATE INDEX claim_clause ON claim (instrument, clause);
-- evidence: what other parties said on a version
CREATE TABLE word (
  event  TEXT   NOT NULL,
  party  TEXT   NOT NULL,
  number BIGINT NOT NULL,              -- of the party's words on the event
  claim  TEXT   NOT NULL,              -- hash of the version
  word   TEXT   NOT NULL,              -- confirmed, disputed, taken_back
  why    TEXT   NOT NULL,
  hash   TEXT   NOT NULL,              -- of the body
  said   BIGINT NOT NULL,
  unit   TEXT   NOT NULL,
  person TEXT   NOT NULL,
  known  BIGINT NOT NULL,
  PRIMARY KEY (event, party, number)
);
-- evidence: whether an event counts for a clause, by this city's people; never sent
CREATE TABLE judgement (
  event      TEXT   NOT NULL,          -- any event of the pulse, claimed or made here
  instrument TEXT   NOT NULL,
  clause     TEXT   NOT NULL,
  number     BIGINT NOT NULL,
  judgement  TEXT   NOT NULL,          -- counts, does_not, taken_back
  person     TEXT   NOT NULL,
  why        TEXT   NOT NULL,
  known      BIGINT NOT NULL,
  PRIMARY KEY (event, instrument, clause, number)
);
