package dev.regild.files;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * A directory of our user's that nobody else can enter. It is made with its mode in one step, and
 * one that is there already is judged by its descriptor: a link or another user's directory in its
 * place is refused, not used.
 *
 * @param path of the directory
 * @param before its permissions, if they were wider than now; then others may have left something
 *     in it
 */
public record PrivateDirectory(Path path, Optional<Set<PosixFilePermission>> before) {
  static final Set<PosixFilePermission> OWNER_ALONE =
      Set.copyOf(PosixFilePermissions.fromString("rwx------"));

  private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
      EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  /**
   * Makes it, or takes one that is there and closes it to others; its parent is there.
   *
   * @throws ForeignFileException if it is a link, no directory, or another user's
   */
  public static PrivateDirectory take(Path directory) throws IOException {
    try {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ALONE));
      return new PrivateDirectory(directory, Optional.empty());
    } catch (FileAlreadyExistsException e) {
      return existing(directory);
    }
  }

  /**
   * {@link #take} for a directory in a private one, where a link of our user's or root's may lead
   * to another place: an operator's, to another disk.
   *
   * @param parent that others can't write to; made if it is missing
   */
  public static PrivateDirectory within(Path parent, String name) throws IOException {
    if (Files.notExists(parent)) {
      Files.createDirectories(parent);
    }
    Path directory = parent.resolve(name);
    if (!Files.isSymbolicLink(directory)) {
      return take(directory);
    }
    UserPrincipal owner = Files.getOwner(directory, LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals(CurrentUser.principal()) && !owner.equals(CurrentUser.principal(0))) {
      throw new ForeignFileException(
          "The link %s belongs to the user %s. Check it and remove it."
              .formatted(directory, owner.getName()));
    }
    return existing(directory.toRealPath());
  }

  private static PrivateDirectory existing(Path directory) throws IOException {
    try (OpenDirectory open = OpenDirectory.open(directory)) {
      PosixFileAttributes found = open.attributes();
      requireOurs(directory, found);
      if (OWNER_ALONE.containsAll(found.permissions())) {
        return new PrivateDirectory(directory, Optional.empty());
      }
      open.setPermissions(OWNER_ALONE);
      return new PrivateDirectory(directory, Optional.of(found.permissions()));
    } catch (NotDirectoryException e) {
      throw new ForeignFileException(
          directory + " is a link or not a directory. Remove it and start again.", e);
    }
  }

  /**
   * Checks a directory that others may see but not change, as a service manager makes it.
   *
   * @throws ForeignFileException if it is a link, no directory, another user's, or writable by
   *     others
   */
  static void requireSafe(Path directory) throws IOException {
    try (OpenDirectory open = OpenDirectory.open(directory)) {
      PosixFileAttributes found = open.attributes();
      requireOurs(directory, found);
      if (isWritableByOthers(found.permissions())) {
        throw new ForeignFileException(
            "Other users can write to %s. Fix its permissions: chmod go-w %s"
                .formatted(directory, directory));
      }
    } catch (NotDirectoryException e) {
      throw new ForeignFileException(directory + " is a link or not a directory.", e);
    }
  }

  /**
   * Checks that a directory is our user's; links to it are followed.
   *
   * @param remedy what to do if it is another's
   * @throws ForeignFileException if it is another user's
   */
  public static void requireOurs(Path directory, String remedy) throws IOException {
    PosixFileAttributes found = Files.readAttributes(directory, PosixFileAttributes.class);
    if (!found.owner().equals(CurrentUser.principal())) {
      throw new ForeignFileException(
          "%s belongs to the user %s, and this runs as %s. %s"
              .formatted(directory, found.owner().getName(), CurrentUser.name(), remedy));
    }
  }

  private static void requireOurs(Path directory, PosixFileAttributes found) throws IOException {
    if (!found.owner().equals(CurrentUser.principal())) {
      throw new ForeignFileException(
          "%s belongs to the user %s, not to %s, as whom this runs. Remove it, give it to %s (chown -R), or run this as its owner."
              .formatted(
                  directory, found.owner().getName(), CurrentUser.name(), CurrentUser.name()));
    }
  }

  static boolean isWritableByOthers(Set<PosixFilePermission> permissions) {
    return permissions.stream().anyMatch(WRITABLE_BY_OTHERS::contains);
  }
}
