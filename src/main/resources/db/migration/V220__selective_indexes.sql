-- Most images are AVAILABLE: a planner without statistics took the index by state for as good as the one
-- by the image before, and compared every image with every other. What recovery looks for is rare.
DROP INDEX image_in_state;
CREATE INDEX image_unfinished ON image (state) WHERE state NOT IN ('AVAILABLE', 'FAILED');

-- The images that are out of date are looked for from their verdicts.
DROP INDEX verdict_by_age;
CREATE INDEX verdict_in_state ON verdict (state, outdated_since);
CREATE INDEX ring_verdict_in_state ON ring_verdict (state, outdated_since);
