package dev.regild.console;

import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.files.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Files of Windows packages that browsers have sent, until the catalogue has them or a day has
 * passed. Each lies under its own name in a directory of its own.
 */
final class CatalogueFiles {
  private static final String PREFIX = ".sent-";
  private static final long MOST_BYTES = 8L << 30;

  /** What stays free in the file system. */
  private static final long MARGIN_BYTES = 2L << 30;

  private static final Duration KEPT = Duration.ofDays(1);
  private static final int PIECE = 256 << 10;

  private final Path directory;

  /** Reading a package unpacks it: one at a time. */
  private final ReentrantLock turn = new ReentrantLock();

  /**
   * @param directory that only our user can read
   */
  CatalogueFiles(Path directory) {
    this.directory = directory;
  }

  /**
   * A file.
   *
   * @param id by which it is found again
   */
  record Held(String id, Path path) {}

  /**
   * Keeps what a stream has.
   *
   * @param fileName as a browser says it
   * @throws ApiException if it is too large, or there is no room for it
   */
  Held hold(String fileName, InputStream content) throws IOException {
    removeOld();
    String id = UUID.randomUUID().toString();
    Path own =
        Files.createDirectory(
            directory.resolve(PREFIX + id),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path file = own.resolve(plain(fileName));
    boolean whole = false;
    try (OutputStream out = Files.newOutputStream(file)) {
      long bytes = 0;
      byte[] buffer = new byte[PIECE];
      for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
        bytes += n;
        requireRoom(bytes);
        out.write(buffer, 0, n);
      }
      if (bytes == 0) {
        throw new ApiException(ErrorType.VALIDATION, "Choose the file of a package first.");
      }
      whole = true;
      return new Held(id, file);
    } finally {
      if (!whole) {
        FileTree.remove(own);
      }
    }
  }

  private void requireRoom(long bytes) throws IOException {
    if (bytes > MOST_BYTES) {
      throw new ApiException(
          ErrorType.REQUEST_ENTITY_TOO_LARGE,
          "The file is larger than 8 GiB. Add it on the server: regild channel add-update.");
    }
    if (Files.getFileStore(directory).getUsableSpace() < MARGIN_BYTES) {
      throw new ApiException(
          ErrorType.SERVICE_UNAVAILABLE,
          "The server has less than 2 GiB free. Free some space, then send the file again.");
    }
  }

  /** What no file system and no message makes anything of. */
  private static String plain(String fileName) {
    String last =
        fileName.substring(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
    String plain = last.replaceAll("[^A-Za-z0-9._-]+", "-").replaceFirst("^[.-]+", "");
    String end = plain.substring(Math.max(0, plain.length() - 120));
    return end.isEmpty() ? "package" : end;
  }

  /** The file of that id, if it is still here. */
  Optional<Held> find(String id) throws IOException {
    if (!id.matches("[0-9a-f-]{36}")) {
      return Optional.empty();
    }
    Path own = directory.resolve(PREFIX + id);
    if (!Files.isDirectory(own, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(own)) {
      return files.findFirst().map(file -> new Held(id, file));
    }
  }

  void release(Held file) throws IOException {
    FileTree.remove(directory.resolve(PREFIX + file.id()));
  }

  /** Work on a file. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws InterruptedException;
  }

  /** Runs it while nothing else of the kind runs, in a thread that keeps no request waiting. */
  <T> T inTurn(Work<T> work) throws IOException, InterruptedException {
    turn.lockInterruptibly();
    try {
      FutureTask<T> task = new FutureTask<>(work::run);
      Thread thread = Thread.ofPlatform().daemon().name("console-catalogue").start(task);
      try {
        return task.get();
      } catch (InterruptedException e) {
        thread.interrupt();
        throw e;
      } catch (ExecutionException e) {
        if (e.getCause() instanceof InterruptedException) {
          throw new InterruptedIOException("interrupted while reading the package");
        }
        throw new IOException("The package can't be read: " + e.getCause(), e);
      }
    } finally {
      turn.unlock();
    }
  }

  private void removeOld() throws IOException {
    Instant old = Instant.now().minus(KEPT);
    try (Stream<Path> all = Files.list(directory)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        if (String.valueOf(each.getFileName()).startsWith(PREFIX)
            && Files.getLastModifiedTime(each, LinkOption.NOFOLLOW_LINKS)
                .toInstant()
                .isBefore(old)) {
          FileTree.remove(each);
        }
      }
    }
  }
}
