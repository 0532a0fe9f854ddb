package dev.regild.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A Unix socket in a directory that a program which we don't trust can write to, held by a
 * descriptor: whatever becomes of its name, who connects reaches this one. A symbolic link at its
 * name is not followed, which could lead to any socket of our user's.
 */
public final class OpenSocket implements AutoCloseable {
  /** S_IFMT and S_IFSOCK of stat(2). */
  private static final int TYPE = 0170000;

  private static final int SOCKET = 0140000;

  private final int descriptor;

  private OpenSocket(int descriptor) {
    this.descriptor = descriptor;
  }

  /** Something else than a socket has its name. */
  public static final class NoSocketException extends IOException {
    private static final long serialVersionUID = 1L;

    NoSocketException(Path path) {
      super("%s is not a socket; another process put it there".formatted(path));
    }
  }

  /**
   * Opens it; links on the way to it are followed.
   *
   * @throws NoSocketException if it is something else, a link included
   * @throws NoSuchFileException if it is not there
   */
  public static OpenSocket open(Path path) throws IOException {
    int descriptor = Libc.openPath(path.toAbsolutePath());
    if (descriptor < 0) {
      if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new NoSuchFileException(path.toString());
      }
      throw new IOException(path + " can't be opened");
    }
    OpenSocket opened = new OpenSocket(descriptor);
    try {
      int mode = (int) Files.getAttribute(opened.path(), "unix:mode");
      if ((mode & TYPE) != SOCKET) {
        throw new NoSocketException(path);
      }
      return opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  /** Leads to the socket while it is open, in our process. */
  public Path path() {
    return Path.of("/proc/self/fd", Integer.toString(descriptor));
  }

  @Override
  public void close() {
    Libc.close(descriptor);
  }
}
