package dev.regild.update;

import dev.regild.disk.LayerStore;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes jobs' directories where a failure to do so must not hide how the job itself ended. */
final class Workspaces {
  private static final Logger LOG = LoggerFactory.getLogger(Workspaces.class);

  private Workspaces() {}

  /** What can't be removed now is removed when the server starts next. */
  static void remove(LayerStore layers, String job) {
    try {
      layers.removeWorkspace(job);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("job", job)
          .addKeyValue("reason", e.getMessage())
          .log("a workspace could not be removed");
    }
  }
}
