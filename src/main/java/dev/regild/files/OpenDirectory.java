package dev.regild.files;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/**
 * A directory, held by a descriptor: whatever becomes of its path, what is asked and done here is
 * about this one. A symbolic link at its name is not followed.
 */
final class OpenDirectory implements AutoCloseable {
  private final Path path;
  private final SecureDirectoryStream<Path> stream;

  private OpenDirectory(Path path, SecureDirectoryStream<Path> stream) {
    this.path = path;
    this.stream = stream;
  }

  /**
   * Opens it; links on the way to it are followed.
   *
   * @throws NotDirectoryException if it is something else, a link included
   */
  @SuppressWarnings("StreamResourceLeak") // It is closed with what is returned.
  static OpenDirectory open(Path directory) throws IOException {
    Path absolute = directory.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent == null) {
      return new OpenDirectory(absolute, secure(Files.newDirectoryStream(absolute)));
    }
    try (SecureDirectoryStream<Path> around = secure(Files.newDirectoryStream(parent))) {
      return new OpenDirectory(absolute, entered(around, absolute));
    }
  }

  /** Opens a directory in this one. */
  OpenDirectory enter(Path name) throws IOException {
    return new OpenDirectory(path.resolve(name), entered(stream, path.resolve(name)));
  }

  private static SecureDirectoryStream<Path> entered(
      SecureDirectoryStream<Path> around, Path directory) throws IOException {
    try {
      return around.newDirectoryStream(directory.getFileName(), NOFOLLOW_LINKS);
    } catch (NotDirectoryException | FileSystemLoopException e) {
      throw e;
    } catch (FileSystemException e) {
      // ELOOP has no exception of its own here.
      if (Files.isSymbolicLink(directory)) {
        throw new NotDirectoryException(directory + " (a symbolic link)");
      }
      throw e;
    }
  }

  private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream)
      throws IOException {
    if (stream instanceof SecureDirectoryStream<Path> secure) {
      return secure;
    }
    stream.close();
    throw new IOException("This system opens no directories by descriptors; Linux does.");
  }

  Path path() {
    return path;
  }

  /** Its entries: to be iterated once. Relative names come from {@link Path#getFileName}. */
  SecureDirectoryStream<Path> stream() {
    return stream;
  }

  PosixFileAttributes attributes() throws IOException {
    return stream.getFileAttributeView(PosixFileAttributeView.class).readAttributes();
  }

  void setPermissions(Set<PosixFilePermission> permissions) throws IOException {
    stream.getFileAttributeView(PosixFileAttributeView.class).setPermissions(permissions);
  }

  /** Of the entry itself, if it is a link. */
  PosixFileAttributeView view(Path name) {
    return stream.getFileAttributeView(name, PosixFileAttributeView.class, NOFOLLOW_LINKS);
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
