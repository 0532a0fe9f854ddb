package dev.regild.files;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Links in directories of our own that lie among those of others. */
public final class PrivateLinks {
  private static final Logger LOG = LoggerFactory.getLogger(PrivateLinks.class);

  private PrivateLinks() {}

  /**
   * Removes our directories that hold links into a directory, with these links. What others have
   * there, a link in the place of a directory included, stays.
   *
   * @param place that holds the directories; others may write to it
   * @param prefix of the directories' names
   * @param target what the links lead into
   */
  public static void remove(Path place, String prefix, Path target) throws IOException {
    try (OpenDirectory around = OpenDirectory.open(place.toRealPath())) {
      for (Path entry : around.stream()) {
        Path name = entry.getFileName();
        if (name.toString().startsWith(prefix)) {
          remove(around, name, target);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private static void remove(OpenDirectory around, Path name, Path target) {
    try {
      boolean found = false;
      try (OpenDirectory directory = around.enter(name)) {
        if (!isOursAlone(directory)) {
          return;
        }
        for (Path entry : directory.stream()) {
          // Read by its path, removed by the descriptor: at worst, a link of ours is removed.
          Path link = directory.path().resolve(entry.getFileName());
          if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).startsWith(target)) {
            directory.stream().deleteFile(entry.getFileName());
            found = true;
          }
        }
      }
      if (found) {
        around.stream().deleteDirectory(name);
      }
    } catch (IOException | DirectoryIteratorException anothersOrGone) {
      LOG.trace("not one of our directories of links", anothersOrGone);
    }
  }

  private static boolean isOursAlone(OpenDirectory directory) throws IOException {
    var attributes = directory.attributes();
    return attributes.owner().equals(CurrentUser.principal())
        && PrivateDirectory.OWNER_ALONE.containsAll(attributes.permissions());
  }
}
