package dev.regild.server;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Parts that run, which are closed in the reverse order of their opening. */
final class Parts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Parts.class);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** Adds a part. */
  <T extends AutoCloseable> T opened(T part) {
    open.push(part);
    return part;
  }

  /** Closes every part, even if some fail. */
  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        LOG.atWarn().addKeyValue("reason", e.toString()).log("a component did not stop cleanly");
      }
    }
  }
}
