-- Lines of images, aliases and events. Times are epoch milliseconds.
CREATE TABLE line (
  id         TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  name       TEXT NOT NULL,
  created    BIGINT NOT NULL,
  UNIQUE (account_id, region, name)
);

-- An image is in one line at most.
CREATE TABLE line_image (
  image_id TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  line_id  TEXT NOT NULL REFERENCES line (id) ON DELETE CASCADE
);

CREATE INDEX line_image_of_line ON line_image (line_id, image_id);

CREATE TABLE alias (
  line_id  TEXT NOT NULL REFERENCES line (id),
  -- Without the line's name: prod.
  name     TEXT NOT NULL,
  -- The reference keeps the image from being deleted.
  image_id TEXT NOT NULL REFERENCES image (id),
  moved    BIGINT NOT NULL,
  PRIMARY KEY (line_id, name)
);

CREATE INDEX alias_of_image ON alias (image_id);

-- Every move that an alias has made. It outlives the images, the alias and the line.
CREATE TABLE alias_move (
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  line       TEXT NOT NULL,
  name       TEXT NOT NULL,
  number     INTEGER NOT NULL,
  -- SET, ROLLBACK or REMOVE.
  act        TEXT NOT NULL,
  -- What the alias named from then on; null once it was removed.
  image_id   TEXT,
  image_name TEXT,
  moved      BIGINT NOT NULL,
  -- The access key or the policy that moved it.
  moved_by   TEXT NOT NULL,
  PRIMARY KEY (account_id, region, line, name, number)
);

-- What has happened, in the order in which it was committed.
CREATE TABLE event (
  number     BIGINT PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  -- Both are empty for what concerns all accounts, such as a new snapshot.
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  type       TEXT NOT NULL,
  -- The image, the channel, or what else it happened to.
  subject    TEXT NOT NULL,
  happened   BIGINT NOT NULL,
  -- What the type of event says, as JSON.
  payload    TEXT NOT NULL
);

CREATE INDEX event_of_account ON event (account_id, number);

-- The number of the last event. One row, so that events are committed in the order of their numbers.
CREATE TABLE event_number (
  last BIGINT NOT NULL
);

INSERT INTO event_number (last) VALUES (0);
