package dev.regild.files;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.Set;

/**
 * Closes a directory's files to other users where an earlier version, or a copy, left them open.
 */
public final class PrivateTree {
  private static final int MAX_DEPTH = 32;
  private static final Set<PosixFilePermission> OWNERS =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private final UserPrincipal user = CurrentUser.principal();
  private final UserPrincipal root = CurrentUser.principal(0);
  private int closed;

  private PrivateTree() throws IOException {}

  /**
   * Closes the files of a directory, and with its depth those below it. Links stay as they are.
   *
   * @param directory that nobody else can enter
   * @return how many files and directories were open to others
   * @throws ForeignFileException if one belongs to another user, root apart
   */
  public static int closeAll(Path directory) throws IOException {
    return close(directory, MAX_DEPTH);
  }

  /** {@link #closeAll} for the regular files of the directory itself. */
  public static int closeFiles(Path directory) throws IOException {
    return close(directory, 0);
  }

  private static int close(Path directory, int depth) throws IOException {
    PrivateTree tree = new PrivateTree();
    try (OpenDirectory open = OpenDirectory.open(directory)) {
      tree.close(open, depth);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return tree.closed;
  }

  private void close(OpenDirectory directory, int depth) throws IOException {
    for (Path entry : directory.stream()) {
      Path name = entry.getFileName();
      PosixFileAttributeView view = directory.view(name);
      PosixFileAttributes found = view.readAttributes();
      requireOurs(directory.path().resolve(name), found);
      if (!found.owner().equals(user)) {
        continue; // Root's, such as a file system's lost+found.
      }
      if (found.isDirectory()) {
        if (depth > 0) {
          try (OpenDirectory below = directory.enter(name)) {
            restrict(found, below::setPermissions);
            close(below, depth - 1);
          }
        }
      } else if (found.isRegularFile()) {
        restrict(found, view::setPermissions);
      }
    }
  }

  private void restrict(PosixFileAttributes found, Permissions target) throws IOException {
    if (!OWNERS.containsAll(found.permissions())) {
      EnumSet<PosixFilePermission> owners = EnumSet.noneOf(PosixFilePermission.class);
      owners.addAll(found.permissions());
      owners.retainAll(OWNERS);
      target.set(owners);
      closed++;
    }
  }

  private void requireOurs(Path file, PosixFileAttributes found) throws ForeignFileException {
    if (!found.owner().equals(user) && !found.owner().equals(root)) {
      throw new ForeignFileException(
          "%s belongs to the user %s, not to %s. Check it, then remove it or chown it to %s."
              .formatted(file, found.owner().getName(), CurrentUser.name(), CurrentUser.name()));
    }
  }

  @FunctionalInterface
  private interface Permissions {
    void set(Set<PosixFilePermission> permissions) throws IOException;
  }
}
