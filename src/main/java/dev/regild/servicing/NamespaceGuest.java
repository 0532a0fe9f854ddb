package dev.regild.servicing;

import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * A guest whose disk the host's kernel mounts, for images that their owner trusts.
 *
 * <p>One process ({@code hold-disk.sh}) holds the disk in namespaces of its own, exported by {@code
 * qemu-storage-daemon} over FUSE and mounted through loop devices; each program of the guest runs
 * under bubblewrap in further namespaces, with the disk as its root, no network and few
 * capabilities. The holder ends when its standard input does, so nothing outlives this process,
 * even when it is killed.
 */
final class NamespaceGuest implements Guest {
  private static final Duration OPENING = Duration.ofSeconds(60);
  private static final Duration CLOSING = Duration.ofMinutes(5);
  private static final Duration ABORTING = Duration.ofSeconds(10);

  /**
   * What package managers and maintainer scripts need. Left out above all: SYS_ADMIN, MKNOD,
   * SYS_MODULE, SYS_RAWIO, SYS_PTRACE, NET_ADMIN.
   */
  private static final List<String> CAPABILITIES =
      List.of(
          "CAP_CHOWN",
          "CAP_DAC_OVERRIDE",
          "CAP_FOWNER",
          "CAP_FSETID",
          "CAP_KILL",
          "CAP_SETFCAP",
          "CAP_SETGID",
          "CAP_SETUID",
          "CAP_SYS_CHROOT");

  private static final int FIRST_SHOWN_LOOP = 100;

  private static final JsonMapper JSON = JsonMapper.shared();

  private static final Map<String, Object> QCOW2_NODE =
      Map.of("driver", "qcow2", "node-name", "disk", "file", "file", "discard", "unmap");

  private final Path directory;
  private final Path workspace;
  private final DiskLayout layout;
  private final Process holder;
  private final BufferedReader holderSays;
  private final String holderPid;
  private final List<String> loops;
  private boolean closed;

  /**
   * @param overlay the qcow2 file to open for writing
   * @param directory empty, on a filesystem with room for what the workspace will hold
   */
  NamespaceGuest(Path overlay, DiskLayout layout, Path directory, Watcher watcher)
      throws GuestException {
    this.directory = directory;
    this.layout = layout;
    try {
      requirePlainPartitions(layout);
      this.workspace = Files.createDirectories(directory.resolve("workspace"));
      Files.createDirectories(directory.resolve("var-tmp"));
      this.holder = holderOf(overlay).start();
    } catch (IOException | ProgramException e) {
      throw new GuestException("The disk can't be opened in a namespace: " + e.getMessage(), e);
    }
    this.holderSays =
        new BufferedReader(new InputStreamReader(holder.getInputStream(), StandardCharsets.UTF_8));
    watcher.running(this::abort);
    String[] ready = firstLine().split(" ");
    this.holderPid = ready[1];
    this.loops = List.of(ready).subList(2, ready.length);
  }

  private static void requirePlainPartitions(DiskLayout layout) throws GuestException {
    for (Filesystem filesystem : layout.filesystems()) {
      if (filesystem.offset() < 0) {
        throw new GuestException(
            "The isolation \"namespace\" opens plain partitions only, and "
                + filesystem.mountPoint()
                + " lies on "
                + filesystem.device()
                + " (LVM, RAID or a subvolume). Use the isolation \"vm\" for this image.");
      }
    }
  }

  private Program holderOf(Path overlay) throws IOException {
    Path script = directory.resolve("hold-disk.sh");
    Files.write(script, Resources.read("hold-disk.sh"));
    List<String> command = new ArrayList<>();
    command.addAll(List.of("unshare", "--mount", "--propagation", "private", "--pid", "--net"));
    command.addAll(List.of("--ipc", "--uts", "--fork", "--kill-child", "/bin/sh"));
    command.addAll(List.of(script.toString(), directory.toString()));
    command.add(fileNode(overlay));
    command.add(JSON.writeValueAsString(QCOW2_NODE));
    for (Filesystem filesystem : layout.filesystems()) {
      command.add(filesystem.mountPoint());
      command.add(Long.toString(filesystem.offset()));
      command.add(Long.toString(filesystem.size()));
      command.add(filesystem.type());
    }
    return Program.of(command);
  }

  /**
   * A run that is cut short starts over on a new layer, so the guest's flushes need not be kept.
   */
  private static String fileNode(Path overlay) {
    return JSON.writeValueAsString(
        Map.of(
            "driver", "file",
            "node-name", "file",
            "filename", overlay.toString(),
            "discard", "unmap",
            "cache", Map.of("no-flush", true)));
  }

  private String firstLine() throws GuestException {
    try {
      Optional<String> line = lineWithin(OPENING);
      if (line.isPresent() && line.get().startsWith("ready ")) {
        return line.get();
      }
    } catch (IOException e) {
      abort();
      throw new GuestException("The disk can't be opened in a namespace: " + e.getMessage(), e);
    }
    abort();
    throw new GuestException("The disk can't be opened in a namespace: " + complaints());
  }

  private String complaints() {
    try {
      return Files.readString(directory.resolve("holder.log")).strip();
    } catch (IOException e) {
      return "and there is no log of it (" + e.getMessage() + ")";
    }
  }

  private Optional<String> lineWithin(Duration limit) throws IOException {
    Thread reader = Thread.currentThread();
    Process process = holder;
    Thread watchdog =
        Thread.ofVirtual()
            .name("namespace-watchdog-" + reader.getName())
            .start(() -> {
              try {
                Thread.sleep(limit);
                process.destroyForcibly();
              } catch (InterruptedException e) {
                // The line came in time.
              }
            });
    try {
      return Optional.ofNullable(holderSays.readLine());
    } finally {
      watchdog.interrupt();
    }
  }

  @Override
  public String run(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    return runOnHost(inGuest(command), timeLimit, onLine);
  }

  private String runOnHost(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    List<String> inNamespaces = new ArrayList<>();
    inNamespaces.addAll(List.of("nsenter", "--target", holderPid, "--mount", "--pid", "--net"));
    inNamespaces.addAll(List.of("--ipc", "--uts", "--"));
    inNamespaces.addAll(command);
    StringBuilder output = new StringBuilder();
    try {
      Program.of(inNamespaces)
          .within(timeLimit)
          .run(line -> {
            output.append(line).append('\n');
            onLine.accept(line);
          });
      return output.toString();
    } catch (ProgramException e) {
      throw new GuestException(
          e.getMessage() + "\n" + output.substring(Math.max(0, output.length() - 2000)), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      abort();
      throw new GuestException("Interrupted while the guest ran " + command.getLast(), e);
    }
  }

  private List<String> inGuest(List<String> command) {
    List<String> bwrap = new ArrayList<>();
    bwrap.addAll(List.of("bwrap", "--die-with-parent", "--new-session"));
    bwrap.addAll(List.of("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"));
    bwrap.addAll(List.of("--unshare-cgroup-try", "--cap-drop", "ALL"));
    for (String capability : CAPABILITIES) {
      bwrap.addAll(List.of("--cap-add", capability));
    }
    bwrap.addAll(List.of("--bind", directory.resolve("root").toString(), "/"));
    bwrap.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/run"));
    bwrap.addAll(List.of("--dir", "/run/lock"));
    bwrap.addAll(List.of("--bind", workspace.toString(), WORKSPACE));
    bwrap.addAll(List.of("--perms", "1777", "--tmpfs", "/tmp"));
    bwrap.addAll(List.of("--bind", directory.resolve("var-tmp").toString(), "/var/tmp"));
    bwrap.addAll(devices());
    bwrap.addAll(List.of("--clearenv", "--chdir", "/"));
    GuestEnvironment.VARIABLES.forEach((k, v) -> bwrap.addAll(List.of("--setenv", k, v)));
    bwrap.add("--");
    bwrap.addAll(command);
    return bwrap;
  }

  /**
   * The block devices under names that boot loaders' tools accept. GRUB's 10_linux makes no entry
   * for a root on {@code /dev/loop0} to {@code /dev/loop9}, and grub-probe wants a device that is a
   * disk by itself, which {@code /dev/loop100} is; without {@code /dev/disk/by-uuid}, that name
   * would end up in the guest's configuration.
   */
  private List<String> devices() {
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < loops.size(); i++) {
      String loop = loops.get(i);
      String shown = "/dev/loop" + (FIRST_SHOWN_LOOP + i);
      Filesystem filesystem = layout.filesystems().get(i);
      arguments.addAll(List.of("--dev-bind", loop, shown));
      if (!loop.equals(shown)) {
        // The name that the guest's list of mounts has.
        arguments.addAll(List.of("--symlink", shown, loop));
      }
      link(arguments, shown, "by-uuid", filesystem.uuid());
      link(arguments, shown, "by-label", filesystem.label());
      link(arguments, shown, "by-partuuid", filesystem.partitionUuid());
    }
    return arguments;
  }

  private static void link(List<String> arguments, String device, String kind, String name) {
    if (!name.isEmpty() && !name.contains("/")) {
      String target = Path.of("/dev/disk", kind).relativize(Path.of(device)).toString();
      arguments.addAll(List.of("--symlink", target, "/dev/disk/" + kind + "/" + name));
    }
  }

  /** Through the guest's own cp, so that its symbolic links lead nowhere but into the guest. */
  @Override
  public byte[] read(String path) throws GuestException {
    Path copy = workspace.resolve("read");
    try {
      run("cp", "--no-target-directory", "--", path, WORKSPACE + "/read");
      if (!Files.isRegularFile(copy, LinkOption.NOFOLLOW_LINKS)
          || Files.size(copy) > MAX_READ_BYTES) {
        throw new GuestException(path + " in the guest is no file, or larger than 256 MiB.");
      }
      return Files.readAllBytes(copy);
    } catch (IOException e) {
      throw new GuestException("Can't read " + path + " of the guest: " + e.getMessage(), e);
    } finally {
      deleteQuietly(copy);
    }
  }

  @Override
  public void write(String path, byte[] content, int mode) throws GuestException {
    Path copy = workspace.resolve("write");
    try {
      Files.write(copy, content);
      run(
          "install",
          "--mode=" + Integer.toOctalString(mode),
          "--no-target-directory",
          WORKSPACE + "/write",
          path);
    } catch (IOException e) {
      throw new GuestException("Can't write " + path + " in the guest: " + e.getMessage(), e);
    } finally {
      deleteQuietly(copy);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean exists(String path) throws GuestException {
    return !run("sh", "-c", "if [ -e \"$1\" ] || [ -L \"$1\" ]; then echo yes; fi", "sh", path)
        .isBlank();
  }

  @Override
  public void upload(Path hostDirectory, String name) throws GuestException {
    Path target = workspace.resolve(name);
    try (Stream<Path> files = Files.list(hostDirectory)) {
      Files.createDirectories(target);
      Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, target.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new GuestException("Can't hand files to the guest: " + e.getMessage(), e);
    }
  }

  @Override
  public void trim() throws GuestException {
    for (Filesystem filesystem : layout.filesystems()) {
      String mounted = directory.resolve("root") + filesystem.mountPoint();
      runOnHost(List.of("fstrim", "--quiet-unsupported", mounted), CLOSING, line -> {});
    }
  }

  /** The holder ends what runs in the guest, and unmounts, when its standard input ends. */
  @Override
  public void abort() {
    try {
      holder.getOutputStream().close();
    } catch (IOException e) {
      // It is gone already.
    }
    holder.onExit().completeOnTimeout(holder, ABORTING.toSeconds(), TimeUnit.SECONDS).join();
    holder.destroyForcibly();
  }

  @Override
  public void close() throws GuestException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      holder.getOutputStream().close();
      Optional<String> said = lineWithin(CLOSING);
      if (!said.equals(Optional.of("closed")) || !holder.waitFor(10, TimeUnit.SECONDS)) {
        throw new GuestException("The guest's disk could not be unmounted: " + complaints());
      }
    } catch (IOException e) {
      throw new GuestException("The guest's disk could not be unmounted: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestException("Interrupted while the guest's disk was being unmounted", e);
    } finally {
      abort();
    }
  }
}
