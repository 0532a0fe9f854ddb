package dev.regild.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a program that reads untrusted input may see and change, held by bubblewrap: the system's
 * software in {@code /usr}, read-only, and the files that are named here, each under its own path.
 * It sees no network but a loopback of its own, no other processes, no {@code /proc}, an empty
 * {@code /tmp} of 64 MiB, and a root that can't be written to.
 *
 * <p>The program has a user namespace of its own, no capability, no way to gain one (no_new_privs),
 * and can make no further user namespaces. On the named files it acts as the server's user.
 *
 * @param readable files and directories that must exist
 * @param writable files and directories that must exist
 * @param devices such as {@code /dev/kvm}
 * @param processes how many processes and threads it may have at one time
 * @param room that must stay free where it writes; empty if it writes nothing of size
 */
public record Sandbox(
    List<Path> readable,
    List<Path> writable,
    List<Path> devices,
    int processes,
    Optional<FreeSpace> room) {
  /** Threads count too; qemu-img starts up to 64 for its input and output. */
  private static final int PROCESSES = 256;

  private static final int OPEN_FILES = 1024;
  private static final String SCRATCH_BYTES = Integer.toString(64 << 20);

  /** The prefix of bubblewrap's own messages. */
  private static final String BWRAP_SAYS = "bwrap: ";

  private static final String NO_NAMESPACES =
      "user namespaces are not allowed on this host; as root, run: sysctl -w"
          + " user.max_user_namespaces=10000 (on Ubuntu also: sysctl -w"
          + " kernel.apparmor_restrict_unprivileged_userns=0)";

  private static final String READ_ONLY_SETTINGS =
      "this container's engine makes parts of /proc read-only; start it with --security-opt"
          + " unmask=ALL (podman) or systempaths=unconfined (docker)";

  private static final List<String> SYSTEM_DIRECTORIES =
      List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32");

  /** What the dynamic linker reads, and where some libraries are chosen. */
  private static final List<String> LINKER_FILES = List.of("/etc/ld.so.cache", "/etc/alternatives");

  public Sandbox {
    readable = readable.stream().map(Path::toAbsolutePath).toList();
    writable = writable.stream().map(Path::toAbsolutePath).toList();
    devices = List.copyOf(devices);
  }

  /** A program that only reads these, and writes to its standard output. */
  public static Sandbox reading(Path... files) {
    return reading(List.of(files));
  }

  /** A program that only reads these, and writes to its standard output. */
  public static Sandbox reading(List<Path> files) {
    return new Sandbox(files, List.of(), List.of(), PROCESSES, Optional.empty());
  }

  /**
   * With a file or a directory that it may write to; it is ended before the file system of that one
   * is full.
   */
  public Sandbox writing(Path place) {
    return writing(place, new FreeSpace(place.toAbsolutePath(), FreeSpace.DEFAULT_MARK_BYTES));
  }

  Sandbox writing(Path place, FreeSpace mark) {
    return new Sandbox(
        readable, with(writable, place), devices, processes, room.or(() -> Optional.of(mark)));
  }

  /**
   * With a directory in which it makes sockets, or a small file of its own; room is not watched.
   */
  Sandbox using(Path place) {
    return new Sandbox(readable, with(writable, place), devices, processes, room);
  }

  /** With one more file or directory that it may read. */
  Sandbox alsoReading(Path place) {
    return new Sandbox(with(readable, place), writable, devices, processes, room);
  }

  Sandbox withDevice(Path device) {
    return new Sandbox(readable, writable, with(devices, device), processes, room);
  }

  Sandbox withProcesses(int most) {
    return new Sandbox(readable, writable, devices, most, room);
  }

  private static List<Path> with(List<Path> paths, Path one) {
    return Stream.concat(paths.stream(), Stream.of(one)).toList();
  }

  /**
   * The command line that runs a program in it.
   *
   * @param command a program by name or absolute path, and its arguments
   * @param limits held by the kernel from before the program's first instruction
   * @throws ProgramException if bubblewrap is missing
   */
  List<String> command(List<String> command, Optional<Program.Limits> limits)
      throws ProgramException {
    List<String> words = new ArrayList<>();
    words.add(require("bwrap"));
    words.addAll(List.of("--die-with-parent", "--new-session"));
    words.addAll(List.of("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"));
    words.addAll(List.of("--unshare-uts", "--unshare-cgroup-try", "--hostname", "regild"));
    words.addAll(List.of("--disable-userns", "--cap-drop", "ALL"));
    addSystem(words);
    words.addAll(List.of("--dev", "/dev", "--size", SCRATCH_BYTES, "--tmpfs", "/tmp"));
    Path program = Path.of(require(command.getFirst()));
    if (!program.startsWith("/usr") && !isOfSystem(program)) {
      bind(words, "--ro-bind", program);
    }
    readable.forEach(place -> bind(words, "--ro-bind", place));
    writable.forEach(place -> bind(words, "--bind", place));
    devices.forEach(device -> bind(words, "--dev-bind", device));
    words.addAll(List.of("--remount-ro", "/dev", "--remount-ro", "/"));
    words.addAll(List.of("--chdir", "/tmp", "--setenv", "HOME", "/tmp", "--"));
    words.addAll(List.of(require("prlimit"), "--core=0", "--nofile=" + OPEN_FILES));
    words.add("--nproc=" + processes);
    limits.ifPresent(l -> words.addAll(l.options()));
    words.add("--");
    words.add(program.toString());
    words.addAll(command.subList(1, command.size()));
    return words;
  }

  private static void addSystem(List<String> words) {
    words.addAll(List.of("--ro-bind", "/usr", "/usr"));
    for (String directory : SYSTEM_DIRECTORIES) {
      Path path = Path.of(directory);
      if (Files.isSymbolicLink(path)) {
        words.addAll(List.of("--symlink", target(path), directory));
      } else if (Files.isDirectory(path)) {
        words.addAll(List.of("--ro-bind", directory, directory));
      }
    }
    for (String file : LINKER_FILES) {
      words.addAll(List.of("--ro-bind-try", file, file));
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException gone) {
      return "usr" + link;
    }
  }

  private static boolean isOfSystem(Path program) {
    return SYSTEM_DIRECTORIES.stream().anyMatch(program::startsWith);
  }

  private static void bind(List<String> words, String how, Path place) {
    words.addAll(List.of(how, place.toString(), place.toString()));
  }

  private static String require(String program) throws ProgramException {
    return SearchPath.find(program)
        .map(Path::toString)
        .orElseThrow(() -> new ProgramException(SearchPath.remedy(program)));
  }

  /**
   * Why there was no sandbox for a program, if that is what its standard error tells.
   *
   * @return what is wrong and what to do about it
   */
  static Optional<String> trouble(String errors) {
    String line = errors.strip();
    if (!line.startsWith(BWRAP_SAYS)) {
      return Optional.empty();
    }
    String reason = line.substring(BWRAP_SAYS.length());
    return Optional.of("can't be run in a sandbox: " + reason + remedy(reason));
  }

  private static String remedy(String reason) {
    if (reason.contains("max_user_namespaces") && reason.contains("Read-only")) {
      return ": " + READ_ONLY_SETTINGS;
    }
    boolean namespaces = reason.contains("namespace") || reason.contains("uid map");
    return namespaces ? ": " + NO_NAMESPACES : "";
  }
}
