package dev.regild.feed;

import java.io.IOException;
import java.nio.file.Path;

/** Reads feeds of one kind, part by part, so that their size does not matter. */
interface FeedReader {
  /**
   * Reads a whole file.
   *
   * @param facts gets what is said about the platforms that it wants
   * @throws MalformedFeedException if the file is cut short, too large, or of another form
   */
  void read(Path file, FeedFacts facts) throws IOException, MalformedFeedException;
}
