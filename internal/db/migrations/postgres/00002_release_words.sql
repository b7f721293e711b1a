-- +goose Up
-- flow: what persons said about a release; enough approvals let it leave, one refusal keeps it
CREATE TABLE release_word (
  release BIGINT NOT NULL REFERENCES release (id),
  person  TEXT COLLATE "C" NOT NULL,
  word    TEXT COLLATE "C" NOT NULL,             -- approved, refused
  why     TEXT COLLATE "C" NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (release, person)
);
