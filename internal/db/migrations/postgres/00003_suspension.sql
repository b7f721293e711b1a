-- +goose Up
-- instrument: who has suspended what, from when until when
CREATE TABLE suspension (
  instrument TEXT COLLATE "C" NOT NULL REFERENCES instrument (id),
  party      TEXT COLLATE "C" NOT NULL,
  since      BIGINT NOT NULL,
  until      BIGINT,                   -- null while it lasts
  why        TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (instrument, party, since)
);
-- link: instruments whose entries get no position while they are here
CREATE TABLE paused (
  partner    TEXT COLLATE "C" NOT NULL,
  instrument TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (partner, instrument)
);
