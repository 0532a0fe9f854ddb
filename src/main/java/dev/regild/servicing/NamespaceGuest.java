package dev.regild.servicing;

import dev.regild.disk.DiskChain;
import dev.regild.disk.DiskPart;
import dev.regild.disk.UnusedSpace;
import dev.regild.files.FileTree;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.inventory.MountPoints;
import dev.regild.machine.FreeSpace;
import dev.regild.machine.FreeSpaceWatch;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A guest whose disk the host's kernel mounts, for images that their owner trusts.
 *
 * <p>A small program that runs as root holds the disk, and runs each program of the guest under
 * bubblewrap, with the disk as its root, no network and few capabilities. The host follows no path
 * that the guest can change: input is in a directory that the guest can only read, output comes
 * over a pipe, and other writes go where only the guest sees them.
 */
final class NamespaceGuest implements Guest {
  /** Where the guest finds what it is handed. */
  private static final String STAGING = "/run/regild-staging";

  private static final Logger LOG = LoggerFactory.getLogger(NamespaceGuest.class);

  private static final Duration MOMENT = Duration.ofMinutes(5);

  private final Path overlay;
  private final Path staging;
  private final DiskHolder holder;
  private final FreeSpaceWatch freeSpace;
  private boolean closed;

  /**
   * @param overlay the qcow2 file to open for writing
   * @param directory empty, on a filesystem with room for what the workspace will hold
   */
  NamespaceGuest(Path overlay, DiskLayout layout, Path directory, Watcher watcher)
      throws GuestException {
    requireMountable(layout);
    try {
      Path real = directory.toRealPath();
      this.staging = readable(Files.createDirectories(real.resolve("staging")));
      List<Path> chain = chain(overlay);
      this.overlay = chain.getFirst();
      List<FreeSpace> room = room(this.overlay, real);
      this.holder = DiskHolder.start(real);
      watcher.running(this::abort);
      this.freeSpace = FreeSpaceWatch.start(room, holder::abort);
      open(chain, real, layout);
    } catch (IOException e) {
      throw new GuestException("Cannot open the disk in a namespace: " + e.getMessage(), e);
    }
  }

  private void open(List<Path> chain, Path scratch, DiskLayout layout) throws GuestException {
    boolean opened = false;
    try {
      for (String missing : holder.open(chain, staging, scratch, layout.filesystems()).missing()) {
        LOG.warn("the guest is held without {}", missing);
      }
      opened = true;
    } finally {
      if (!opened) {
        freeSpace.close();
      }
    }
  }

  /** The guest fills both: by its disk, and by what it writes beside it. */
  private static List<FreeSpace> room(Path overlay, Path directory) {
    return Stream.of(overlay, directory)
        .map(place -> new FreeSpace(place, FreeSpace.DEFAULT_MARK_BYTES))
        .toList();
  }

  /** The helper checks it again: it does not trust us. */
  private static void requireMountable(DiskLayout layout) throws GuestException {
    for (Filesystem filesystem : layout.filesystems()) {
      if (filesystem.offset() < 0) {
        throw new GuestException(
            "The isolation \"namespace\" opens plain partitions only, and "
                + filesystem.mountPoint()
                + " lies on "
                + filesystem.device()
                + " (LVM or RAID). Use the isolation \"vm\" for this image.");
      }
      if (!MountPoints.isCanonical(filesystem.mountPoint())
          || !MountPoints.isSupported(filesystem.type())) {
        throw new GuestException(
            "The isolation \"namespace\" does not mount a filesystem of the type %s on \"%s\". Use the isolation \"vm\" for this image."
                .formatted(filesystem.type(), filesystem.mountPoint()));
      }
    }
  }

  /**
   * The overlay and all that it stands on, by their real paths.
   *
   * @throws IOException if one stands on another file than the one that it was made on, or there
   *     are more than the helper takes
   */
  static List<Path> chain(Path overlay) throws IOException {
    List<Path> chain = new ArrayList<>();
    for (Path disk : DiskChain.of(overlay.toRealPath())) {
      chain.add(disk.toRealPath());
    }
    if (chain.size() > DiskHolder.MOST_LAYERS) {
      throw new IOException(
          "%s has %d layers, and the isolation \"namespace\" opens at most %d files. Flatten the image, or use the isolation \"vm\" for it."
              .formatted(overlay, chain.size() - 1, DiskHolder.MOST_LAYERS));
    }
    return chain;
  }

  @Override
  public String run(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    return run(command, timeLimit, false, onLine);
  }

  @Override
  public String install(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    return run(command, timeLimit, true, onLine);
  }

  private String run(
      List<String> command, Duration timeLimit, boolean installs, Consumer<String> onLine)
      throws GuestException {
    StringBuilder output = new StringBuilder();
    GuestLines lines =
        new GuestLines(line -> {
          output.append(line).append('\n');
          onLine.accept(line);
        });
    DiskHolder.Ended ended =
        holder.run(command, timeLimit, Program.MAX_OUTPUT_BYTES, installs, lines::accept);
    lines.end();
    requireSuccess(command, timeLimit, ended, output);
    return output.toString();
  }

  private static void requireSuccess(
      List<String> command, Duration timeLimit, DiskHolder.Ended ended, CharSequence output)
      throws GuestException {
    String what =
        switch (ended.cut()) {
          case "time" -> "took longer than %d s and was killed".formatted(timeLimit.toSeconds());
          case "bytes" -> "wrote too much and was killed";
          default -> ended.status() == 0 ? "" : "failed with status " + ended.status();
        };
    if (!what.isEmpty()) {
      throw new GuestException(
          "%s %s: %s\n%s"
              .formatted(
                  command.getFirst(),
                  what,
                  ended.errors().strip(),
                  output.subSequence(Math.max(0, output.length() - 2000), output.length())));
    }
  }

  /** Through the guest's own cat, so that its symbolic links lead nowhere but into the guest. */
  @Override
  public byte[] read(String path) throws GuestException {
    List<String> command = List.of("sh", "-c", "[ -f \"$1\" ] && exec cat -- \"$1\"", "sh", path);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    DiskHolder.Ended ended =
        holder.run(command, MOMENT, MAX_READ_BYTES, false, content::writeBytes);
    if (ended.status() != 0 || !ended.cut().isEmpty()) {
      throw new GuestException(
          "%s in the guest is not a regular file or exceeds %d MiB. %s"
              .formatted(path, MAX_READ_BYTES >> 20, ended.errors().strip()));
    }
    return content.toByteArray();
  }

  @Override
  public void write(String path, byte[] content, int mode) throws GuestException {
    Path copy = staging.resolve("write");
    try {
      Files.write(copy, content);
      readable(copy);
      run(
          "install",
          "--mode=" + Integer.toOctalString(mode),
          "--no-target-directory",
          STAGING + "/write",
          path);
    } catch (GuestException e) {
      throw e;
    } catch (IOException e) {
      throw new GuestException("Cannot write " + path + " in the guest: " + e.getMessage(), e);
    } finally {
      delete(copy);
    }
  }

  /** Takes no program of the guest: what is in the directory is where the guest finds it. */
  @Override
  public String hand(String name, byte[] content) throws GuestException {
    try {
      readable(Files.write(staging.resolve(name), content));
    } catch (IOException e) {
      throw new GuestException("Cannot pass " + name + " to the guest: " + e.getMessage(), e);
    }
    return STAGING + "/" + name;
  }

  @Override
  public boolean exists(String path) throws GuestException {
    return !run("sh", "-c", "if [ -e \"$1\" ] || [ -L \"$1\" ]; then echo yes; fi", "sh", path)
        .isBlank();
  }

  /** The guest gets links to copies that it can only read. */
  @Override
  public void upload(Path hostDirectory, String name) throws GuestException {
    Path handed = staging.resolve(name);
    try (Stream<Path> files = Files.list(hostDirectory)) {
      readable(Files.createDirectories(handed));
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        readable(Files.copy(file, handed.resolve(file.getFileName())));
      }
    } catch (IOException e) {
      throw new GuestException("Cannot pass files to the guest: " + e.getMessage(), e);
    }
    run(
        "cp",
        "--recursive",
        "--symbolic-link",
        "--no-target-directory",
        STAGING + "/" + name,
        WORKSPACE + "/" + name);
  }

  @Override
  public Optional<Shared> share(String name) throws GuestException {
    try {
      Path shared = readable(Files.createDirectories(staging.resolve(name)));
      return Optional.of(new Shared(shared, STAGING + "/" + name));
    } catch (IOException e) {
      throw new GuestException("Cannot share a directory with the guest: " + e.getMessage(), e);
    }
  }

  /** By everybody, whatever our umask is: the guest's user is not one of ours. */
  private static Path readable(Path path) throws IOException {
    String mode = Files.isDirectory(path) ? "rwxr-xr-x" : "rw-r--r--";
    return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  /** The guest can only read where it lies. */
  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void trim() throws GuestException {
    holder.trim();
  }

  @Override
  public void abort() {
    holder.abort();
  }

  @Override
  public void close() throws GuestException {
    if (closed) {
      return;
    }
    closed = true;
    List<DiskPart> unused = List.of();
    try {
      unused = holder.close();
    } finally {
      freeSpace.close();
      abort();
      removeStaged();
    }
    clear(unused);
  }

  /** A layer is smaller by it, and as good without it. */
  private void clear(List<DiskPart> unused) throws GuestException {
    try {
      UnusedSpace.clear(overlay, unused);
    } catch (ProgramException e) {
      LOG.warn("free space of {} was not cleared: {}", overlay, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestException("Interrupted while the guest's free space was being cleared", e);
    }
  }

  /** The step after this one may need its space. */
  private void removeStaged() throws GuestException {
    try {
      FileTree.remove(staging);
    } catch (IOException e) {
      throw new GuestException("Cannot remove what was passed to the guest: " + e.getMessage(), e);
    }
  }
}
