-- Refreshes of channels that are under way, of whatever node or command. Times are epoch
-- milliseconds.
CREATE TABLE channel_refresh (
  channel TEXT NOT NULL,
  -- Who refreshes it: a name of its own for each refresh.
  refresh TEXT NOT NULL,
  -- How far it is, in a line.
  doing   TEXT NOT NULL,
  -- When it was heard of last; a refresh that has died is not heard of any more.
  at      BIGINT NOT NULL,
  PRIMARY KEY (channel, refresh)
);
