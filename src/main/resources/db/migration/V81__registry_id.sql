-- The name of this registry, which the data directory that holds its layers repeats. One row.
CREATE TABLE registry (
  id TEXT PRIMARY KEY
);
