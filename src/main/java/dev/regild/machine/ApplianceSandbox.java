package dev.regild.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * Puts an appliance's QEMU, which libguestfs starts, in a {@link Sandbox}: libguestfs is given a
 * program of ours as its QEMU. QEMU sees the appliance's image, the added disks with their base
 * files, the handle's directory and the directory of libguestfs' socket.
 *
 * <p>libguestfs remembers the features of a QEMU by the size and time of its file. So the program's
 * text is always the same, its time is QEMU's, and what differs is in a file beside it. The program
 * runs outside the sandbox, from a directory that QEMU does not see.
 */
final class ApplianceSandbox {
  /**
   * The socket's directory is found in QEMU's arguments, because libguestfs makes it as it
   * launches. libguestfs ends an appliance by SIGTERM, which must reach QEMU so that it writes what
   * it holds back; bubblewrap would only die of it. However this shell ends, bubblewrap and QEMU
   * end with it.
   */
  private static final String PROGRAM =
      """
      #!/bin/sh
      # QEMU in the sandbox of one appliance.
      sockets=
      processor=
      previous=
      for word; do
        [ "$previous" != -cpu ] || processor=$word
        previous=$word
        case $word in
          socket,path=/*/guestfsd.sock,*)
            sockets=${word#socket,path=}
            sockets=${sockets%/guestfsd.sock,*}
            ;;
        esac
      done
      . "$0.sandbox"
      # The last -cpu counts.
      [ -z "$processor" ] || set -- "$@" -cpu "$processor$without"
      end() {
        qemu=$(sed -n 's/.*"child-pid": \\([0-9]*\\).*/\\1/p' "$0.pid")
        [ -z "$qemu" ] || kill -TERM "$qemu"
      }
      trap end TERM
      exec 3<&0
      sandboxed "$@" 4>"$0.pid" <&3 3<&- &
      sandbox=$!
      exec 3<&-
      wait "$sandbox"
      status=$?
      while kill -0 "$sandbox" 2>/dev/null; do
        wait "$sandbox"
        status=$?
      done
      exit "$status"
      """;

  private static final long MEMORY_BESIDE_THE_APPLIANCES = 8L << 30;
  private static final Duration PROCESSOR_TIME = Duration.ofDays(2);
  private static final long MAX_FILE_BYTES = (2L << 40) + (2L << 36);
  private static final int THREADS = 512;
  private static final Path KVM = Path.of("/dev/kvm");

  private final Path directory;
  private final Path launcher;
  private final List<Path> images;
  private final Accelerator accelerator;
  private Sandbox sandbox;

  /**
   * Of one handle.
   *
   * @param directory the handle's own, which QEMU may write to
   * @param launcher for the program, which QEMU must not change: it runs outside the sandbox
   * @param images where libguestfs keeps its appliance; those that aren't there are no error
   */
  ApplianceSandbox(Path directory, Path launcher, List<Path> images, Accelerator accelerator) {
    this.directory = directory;
    this.launcher = launcher;
    this.images = List.copyOf(images);
    this.accelerator = accelerator;
    this.sandbox = Sandbox.reading().writing(directory).withProcesses(THREADS);
    if (accelerator == Accelerator.KVM) {
      sandbox = sandbox.withDevice(KVM);
    }
  }

  void addReadable(List<Path> files) {
    for (Path file : files) {
      sandbox = sandbox.alsoReading(file);
    }
  }

  void addWritable(Path file) {
    sandbox = sandbox.writing(file);
  }

  /** What must stay free, on each file system that it may write to. */
  List<FreeSpace> room() {
    return sandbox.writable().stream()
        .map(place -> new FreeSpace(place, FreeSpace.DEFAULT_MARK_BYTES))
        .toList();
  }

  /**
   * Writes the program.
   *
   * @return its path
   * @throws ProgramException if bubblewrap or QEMU is missing
   */
  Path write(int memoryMiB) throws IOException, ProgramException {
    Path qemu =
        SearchPath.find(QemuCommand.QEMU)
            .orElseThrow(() -> new ProgramException(SearchPath.remedy(QemuCommand.QEMU)));
    Path program = launcher.resolve("qemu");
    Files.writeString(program.resolveSibling("qemu.sandbox"), words(memoryMiB));
    Files.writeString(program, PROGRAM);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    FileTime time = Files.getLastModifiedTime(qemu);
    Files.setLastModifiedTime(program, time);
    return program;
  }

  private String words(int memoryMiB) throws ProgramException {
    Program.Limits limits =
        new Program.Limits(
            ((long) memoryMiB << 20) + MEMORY_BESIDE_THE_APPLIANCES,
            PROCESSOR_TIME,
            OptionalLong.of(MAX_FILE_BYTES));
    List<String> command = sandbox.command(List.of(QemuCommand.QEMU), Optional.of(limits));
    int end = command.indexOf("--remount-ro");
    // libguestfs passes our environment on, which may contain the master key and passwords.
    List<String> own = new ArrayList<>(List.of("--clearenv", "--as-pid-1", "--info-fd", "4"));
    for (Path image : images) {
      own.addAll(List.of("--ro-bind-try", image.toString(), image.toString()));
    }
    // QEMU keeps what the appliance writes to its own root in a file there, which has no name.
    own.addAll(List.of("--setenv", "TMPDIR", directory.toString()));
    // In the place of the background's shell: bubblewrap ends with its parent, which is ours then.
    return "without='"
        + QemuCommand.withoutSlowFeatures(accelerator)
        + "'\nsandboxed() {\nexec "
        + quoted(command.subList(0, end))
        + " "
        + quoted(own)
        + " ${sockets:+--bind \"$sockets\" \"$sockets\"} "
        + quoted(command.subList(end, command.size()))
        + " \"$@\" -sandbox "
        + QemuCommand.SANDBOX
        + "\n}\n";
  }

  private static String quoted(List<String> words) {
    return words.stream()
        .map(word -> "'" + word.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" "));
  }
}
