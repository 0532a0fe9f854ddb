package dev.regild.machine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.util.Objects.requireNonNull;

import dev.regild.files.FileTree;
import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@code guestfs_h}: one call at a time, ended from any thread by {@link #abort}, closed once and
 * never while a call runs in it.
 *
 * <p>libguestfs can't break off a call that hangs, so {@link #abort} kills the processes that
 * libguestfs has started for this handle, including the appliance's QEMU. They are known by the
 * handle's temporary directories, one of which is in the arguments of each. This works during the
 * launch, too, when {@code guestfs_get_pid} would wait.
 */
final class GuestfsHandle implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuestfsHandle.class);

  /** GUESTFS_CREATE_NO_CLOSE_ON_EXIT: at exit, a handle may be in use by another thread. */
  private static final int NO_CLOSE_ON_EXIT = 2;

  private static final String PREFIX = "appliance-";
  private static final Duration CLOSE_LIMIT = Duration.ofMinutes(1);

  private final ReentrantLock lock = new ReentrantLock();
  private final MemorySegment handle;
  private final Path directory;
  private final Path launcher;
  private volatile @Nullable String abortReason;
  private boolean closed;

  /** The temporary directory must exist; the handle works in a directory of its own within it. */
  GuestfsHandle(Path temporaryDirectory) throws GuestfsException {
    try {
      directory = Files.createTempDirectory(temporaryDirectory.toAbsolutePath(), PREFIX);
      launcher = Files.createTempDirectory(directory.getParent(), PREFIX);
    } catch (IOException e) {
      throw new GuestfsException("cannot create a directory in " + temporaryDirectory, e);
    }
    handle =
        (MemorySegment)
            requireNonNull(GuestfsLibrary.call(ADDRESS, "guestfs_create_flags", NO_CLOSE_ON_EXIT));
    if (handle.equals(MemorySegment.NULL)) {
      removeDirectories();
      throw new GuestfsException("guestfs_create: out of memory");
    }
    // Without this, libguestfs prints each error to our standard error as well.
    var _ =
        GuestfsLibrary.call(
            null, "guestfs_set_error_handler", handle, MemorySegment.NULL, MemorySegment.NULL);
    status("guestfs_set_tmpdir", directory.toString());
    Optional<Path> cache = ApplianceCache.find();
    if (cache.isPresent()) {
      status("guestfs_set_cachedir", cache.get().toString());
    }
  }

  /** The handle's own directory; it is removed with it. */
  Path directory() {
    return directory;
  }

  /**
   * A directory of the handle's for what starts the appliance's QEMU, which QEMU itself does not
   * see; it is removed with the handle.
   */
  Path launcher() {
    return launcher;
  }

  /** Calls a function that returns 0, or -1 for an error. */
  void status(String function, Object... arguments) throws GuestfsException {
    var _ = number(function, arguments);
  }

  /** Calls a function that returns an int, or -1 for an error. */
  int number(String function, Object... arguments) throws GuestfsException {
    return exclusively(
        function,
        () -> {
          int result = (int) call(JAVA_INT, function, arguments);
          if (result == -1) {
            throw lastError(function);
          }
          return result;
        });
  }

  boolean truth(String function, Object... arguments) throws GuestfsException {
    return number(function, arguments) != 0;
  }

  /** Calls a function that returns an int64_t that is not negative, or -1 for an error. */
  long size(String function, Object... arguments) throws GuestfsException {
    return exclusively(
        function,
        () -> {
          long result = (long) call(JAVA_LONG, function, arguments);
          if (result == -1) {
            throw lastError(function);
          }
          if (result < 0) {
            throw new GuestfsException(function + ": the appliance reports a size of " + result);
          }
          return result;
        });
  }

  /** Calls a function that returns a name, a path or the like which its caller frees. */
  String string(String function, Object... arguments) throws GuestfsException {
    return take(
        pointer -> GuestfsLibrary.takeString(pointer, GuestfsLibrary.LONGEST_NAME),
        function,
        arguments);
  }

  /** Calls a function that returns as much text as a message carries, which its caller frees. */
  String text(String function, Object... arguments) throws GuestfsException {
    return take(
        pointer -> GuestfsLibrary.takeString(pointer, GuestfsLibrary.LONGEST_TEXT),
        function,
        arguments);
  }

  /** Calls a function that returns a list of strings which its caller frees. */
  List<String> strings(String function, Object... arguments) throws GuestfsException {
    return take(GuestfsLibrary::takeStrings, function, arguments);
  }

  /** Calls a function that returns a pointer, NULL for an error, and reads and frees what it is. */
  <T> T take(Taker<T> taker, String function, Object... arguments) throws GuestfsException {
    return exclusively(
        function,
        () -> {
          MemorySegment pointer = (MemorySegment) call(ADDRESS, function, arguments);
          if (pointer.equals(MemorySegment.NULL)) {
            throw lastError(function);
          }
          return taker.take(pointer);
        });
  }

  /** Runs an action of this handle that is aborted when its time is up. */
  <T> T within(Duration limit, String what, Action<T> action) throws GuestfsException {
    try (Guestfs.Limit _ = limit(limit, what)) {
      return action.run();
    }
  }

  /** Aborts it when the time is up, unless the limit is closed before. */
  Guestfs.Limit limit(Duration limit, String what) {
    return abortAfter(limit, "%s took longer than %d s".formatted(what, limit.toSeconds()));
  }

  /**
   * Aborts it for a reason when the time is up, unless the limit is closed before. In a platform
   * thread, which work in virtual ones can't keep from running.
   */
  Guestfs.Limit abortAfter(Duration limit, String reason) {
    Thread watch =
        Thread.ofPlatform()
            .daemon()
            .name("guestfs-watch")
            .start(() -> {
              try {
                Thread.sleep(limit);
                abort(reason);
              } catch (InterruptedException endedInTime) {
                // Nothing to abort.
              }
            });
    return watch::interrupt;
  }

  /** Aborts it when less room is left than must stay free, until the limit is closed. */
  Guestfs.Limit keepFree(List<FreeSpace> rooms) throws IOException {
    return FreeSpaceWatch.start(rooms, this::abort)::close;
  }

  /** Ends the call under way, and every later one, with a GuestfsException of this reason. */
  void abort(String reason) {
    abortReason = reason;
    // A launch starts processes one after the other: look again until the call has given up.
    do {
      processes().forEach(ProcessHandle::destroyForcibly);
    } while (lock.isLocked() && !heldByUs() && pause());
  }

  /** Ends the appliance, in at most a minute, and frees the handle. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      within(
          CLOSE_LIMIT,
          "closing the appliance",
          () -> {
            var _ = GuestfsLibrary.call(null, "guestfs_close", handle);
            return true;
          });
      processes().forEach(ProcessHandle::destroyForcibly);
      removeDirectories();
    } catch (GuestfsException impossible) {
      throw new AssertionError(impossible);
    } finally {
      lock.unlock();
    }
  }

  private Object call(MemoryLayout result, String function, Object... arguments)
      throws GuestfsException {
    Object[] all = new Object[arguments.length + 1];
    all[0] = handle;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return requireNonNull(GuestfsLibrary.call(result, function, all));
  }

  private <T> T exclusively(String function, Action<T> action) throws GuestfsException {
    lock.lock();
    try {
      if (closed) {
        throw new GuestfsException(function + ": the appliance is closed");
      }
      refuseIfAborted(function);
      return action.run();
    } catch (GuestfsException e) {
      refuseIfAborted(function);
      throw e; // It failed by itself.
    } finally {
      lock.unlock();
    }
  }

  private void refuseIfAborted(String function) throws GuestfsException {
    String reason = abortReason;
    if (reason != null) {
      throw new GuestfsException("%s was aborted: %s".formatted(function, reason));
    }
  }

  /** The error of the last call of this thread: libguestfs keeps them per thread. */
  private GuestfsException lastError(String function) throws GuestfsException {
    MemorySegment message = (MemorySegment) call(ADDRESS, "guestfs_last_error");
    return new GuestfsException(
        GuestfsLibrary.error(message).orElse(function + " failed without a message"));
  }

  private boolean heldByUs() {
    return lock.isHeldByCurrentThread();
  }

  private static boolean pause() {
    try {
      Thread.sleep(50);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private List<ProcessHandle> processes() {
    return ProcessHandle.current().descendants().filter(this::isOfThisHandle).toList();
  }

  /** ProcessHandle.Info cuts long command lines short, so the kernel is asked itself. */
  private boolean isOfThisHandle(ProcessHandle process) {
    try {
      byte[] commandLine = Files.readAllBytes(Path.of("/proc", "" + process.pid(), "cmdline"));
      String text = new String(commandLine, StandardCharsets.UTF_8);
      return text.contains(directory + "/") || text.contains(launcher + "/");
    } catch (IOException gone) {
      return false;
    }
  }

  private void removeDirectories() {
    for (Path one : List.of(directory, launcher)) {
      try {
        FileTree.remove(one);
      } catch (IOException e) {
        // It lies in the job's own directory, which is removed as a whole later.
        LOG.warn("cannot remove the appliance's directory {}: {}", one, e.getMessage());
      }
    }
  }

  /** Reads what a pointer points to, and frees it. */
  @FunctionalInterface
  interface Taker<T> {
    T take(MemorySegment pointer) throws GuestfsException;
  }

  /** Something done with the handle. */
  @FunctionalInterface
  interface Action<T> {
    T run() throws GuestfsException;
  }
}
