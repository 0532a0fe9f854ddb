-- Which package a changelog is of, and which sources' changelogs name a CVE.
CREATE TABLE changelog_package (
  hash           TEXT PRIMARY KEY REFERENCES changelog (hash) ON DELETE CASCADE,
  name           TEXT NOT NULL,
  version        TEXT NOT NULL,
  source         TEXT NOT NULL,
  source_version TEXT NOT NULL
);

CREATE INDEX changelog_of_package ON changelog_package (name, version);

CREATE TABLE cve_source (
  cve    TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (cve, source)
);

CREATE INDEX cve_of_source ON cve_source (source);
