-- +goose Up
-- instrument: who has suspended what, from when until when
CREATE TABLE suspension (
  instrument TEXT   NOT NULL REFERENCES instrument (id),
  party      TEXT   NOT NULL,
  since      BIGINT NOT NULL,
  until      BIGINT,                   -- null while it lasts
  why        TEXT   NOT NULL,
  PRIMARY KEY (instrument, party, since)
);
-- link: instruments whose entries get no position while they are here
CREATE TABLE paused (
  partner    TEXT NOT NULL,
  instrument TEXT NOT NULL,
  PRIMARY KEY (partner, instrument)
);
