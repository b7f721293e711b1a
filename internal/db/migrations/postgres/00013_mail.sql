-- +goose Up
-- courier: what was sent to a partner by mail last, so that the same is not sent again before its time
CREATE TABLE mailed (
  partner  TEXT COLLATE "C" PRIMARY KEY,
  size     BIGINT NOT NULL,             -- of our log, in it
  cosigned BIGINT NOT NULL,             -- of the partner's log, in it
  asks     TEXT COLLATE "C" NOT NULL,             -- what this node asked in it
  at       BIGINT NOT NULL,
  tries    BIGINT NOT NULL,             -- how often the same was sent
  next     BIGINT NOT NULL,             -- the same is not sent again before
  again    BIGINT NOT NULL              -- 1: the partner has shown that it did not get it
);
