package dev.regild.files;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Removes directories with all that is in them. Every step goes through the descriptor of the
 * directory that it is in, so no link is followed, whoever makes one meanwhile. However deep others
 * have nested directories, a fixed number of descriptors suffices: what is deeper is moved up
 * first.
 */
public final class FileTree {
  private static final int MAX_DEPTH = 32;

  private FileTree() {}

  /** Removes a file, a link or a directory, if it is there; a link's target stays. */
  public static void remove(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent == null) {
      throw new IOException("The root directory is never removed.");
    }
    try (OpenDirectory around = OpenDirectory.open(parent.toRealPath())) {
      Path name = absolute.getFileName();
      PosixFileAttributes attributes = around.view(name).readAttributes();
      if (!attributes.isDirectory()) {
        around.stream().deleteFile(name);
        return;
      }
      boolean emptied;
      do {
        try (OpenDirectory top = around.enter(name)) {
          emptied = empty(top, top, 0);
        }
      } while (!emptied);
      around.stream().deleteDirectory(name);
    } catch (NoSuchFileException gone) {
      // That is what was asked for.
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Removes what lies in a directory under names that begin with a prefix. */
  public static void removeChildren(Path directory, String prefix) throws IOException {
    try (Stream<Path> children = Files.list(directory)) {
      for (Path each : (Iterable<Path>) children::iterator) {
        if (String.valueOf(each.getFileName()).startsWith(prefix)) {
          remove(each);
        }
      }
    }
  }

  /** Whether nothing is left; else directories were moved up into the top, to be seen next time. */
  private static boolean empty(OpenDirectory top, OpenDirectory directory, int depth)
      throws IOException {
    boolean emptied = true;
    for (Path entry : directory.stream()) {
      Path name = entry.getFileName();
      if (!directory.view(name).readAttributes().isDirectory()) {
        directory.stream().deleteFile(name);
      } else if (depth < MAX_DEPTH) {
        emptied &= remove(top, directory, name, depth + 1);
      } else {
        // Of a name that nothing here has: a rename would replace an empty directory.
        SecureDirectoryStream<Path> target = top.stream();
        directory.stream().move(name, target, Path.of(".removed-" + UUID.randomUUID()));
        emptied = false;
      }
    }
    return emptied;
  }

  private static boolean remove(OpenDirectory top, OpenDirectory around, Path name, int depth)
      throws IOException {
    boolean emptied;
    try (OpenDirectory directory = around.enter(name)) {
      emptied = empty(top, directory, depth);
    } catch (NotDirectoryException replaced) {
      around.stream().deleteFile(name);
      return true;
    }
    around.stream().deleteDirectory(name);
    return emptied;
  }
}
