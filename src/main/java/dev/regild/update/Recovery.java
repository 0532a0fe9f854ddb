package dev.regild.update;

import dev.regild.db.Database;
import dev.regild.disk.Workspaces;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.machine.SocketDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears away what a process left that was killed: directories of jobs, links to the sockets of
 * machines, layers that the registry never came to know. It looks only at this process's own
 * directories. Runs before the workers start.
 */
public final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  private final Database database;
  private final LayerStore layers;
  private final Workspaces workspaces;
  private final Path work;

  /**
   * @param work the directory of the workspaces' directory
   */
  public Recovery(Database database, LayerStore layers, Workspaces workspaces, Path work) {
    this.database = database;
    this.layers = layers;
    this.workspaces = workspaces;
    this.work = work;
  }

  /** Clears away what is left; the caller makes sure that no other process works on this data. */
  public void run() throws IOException {
    SocketDirectory.removeLinksInto(work);
    for (String job : workspaces.list()) {
      workspaces.remove(job);
      LOG.atInfo().addKeyValue("job", job).log("workspace removed");
    }
    Set<String> known =
        database.read(LayerRecords::list).stream().map(Layer::id).collect(Collectors.toSet());
    // A job in flight publishes its layer again, under the same id.
    Set<String> inFlight =
        database.read(Images::unfinished).stream().map(Image::id).collect(Collectors.toSet());
    layers.removeLeftovers(layer -> known.contains(layer) || inFlight.contains(layer));
  }
}
