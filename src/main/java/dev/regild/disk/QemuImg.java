package dev.regild.disk;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import dev.regild.machine.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code qemu-img} does for us. Formats are always given, never probed: a raw disk's owner
 * could otherwise make it look like a qcow2 that names a file of the host as its base. Since the
 * input may be hostile, every run has limits on time, memory, processor time and the size of its
 * files, and takes place in a {@link Sandbox} that holds the one disk and, of a layer or an overlay
 * of ours, what it stands on ({@link DiskChain}): no other file can be opened, whatever a disk
 * names. What a failed run has written so far is removed.
 */
public final class QemuImg {
  private static final Duration SHORT = Duration.ofSeconds(60);
  private static final Duration TABLES = Duration.ofMinutes(30);
  private static final Duration LONG = Duration.ofHours(6);

  /** OpenStack Glance's and Nova's limits for reading a header: 1 GiB and 30 s. */
  private static final Program.Limits FOR_HEADERS =
      new Program.Limits(1L << 30, Duration.ofSeconds(30), OptionalLong.of(1L << 30));

  /**
   * The largest disk that can be imported, with what a format's tables may add; sparse files are as
   * large as their disk.
   */
  private static final long MAX_FILE_BYTES =
      DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES + (DiskCheck.DEFAULT_MAX_VIRTUAL_BYTES >> 4);

  private static final Program.Limits FOR_WHOLE_DISKS =
      new Program.Limits(4L << 30, Duration.ofHours(12), OptionalLong.of(MAX_FILE_BYTES));

  /** For reading all tables of a disk; whoever made it can make that take long. */
  private static final Program.Limits FOR_TABLES =
      new Program.Limits(4L << 30, Duration.ofMinutes(15), OptionalLong.of(1L << 30));

  private static final Pattern PROGRESS = Pattern.compile("\\(([0-9.]+)/100%\\)");

  /** A line of {@code qemu-img map} about a part that holds data. */
  private static final Pattern EXTENT =
      Pattern.compile("\"start\": ([0-9]+), \"length\": ([0-9]+),.*\"data\": true");

  private static final JsonMapper JSON = JsonMapper.shared();

  private QemuImg() {}

  /**
   * What a disk's header says.
   *
   * @param virtualBytes the size of the disk that a guest sees
   * @param allocatedBytes the room that the file takes on the host
   * @param backingFile as it is written in the header
   * @param backingFormat as it is written in the header
   * @param clusterBytes 0 for a format without clusters
   * @param formatSpecific {@code format-specific.data} of qemu-img's answer, empty object if none
   */
  public record Info(
      long virtualBytes,
      long allocatedBytes,
      Optional<String> backingFile,
      Optional<String> backingFormat,
      long clusterBytes,
      JsonNode formatSpecific) {}

  /**
   * Reads a disk's header. A backing file that it names is not opened, and no other file can be.
   */
  public static Info info(Path disk, DiskFormat format)
      throws ProgramException, InterruptedException {
    String answer =
        run(
            SHORT,
            FOR_HEADERS,
            Sandbox.reading(disk),
            "info",
            "-U",
            "--output=json",
            "-f",
            format.qemuName(),
            name(disk));
    JsonNode json = JSON.readTree(answer);
    return new Info(
        json.path("virtual-size").asLong(),
        json.path("actual-size").asLong(),
        text(json, "backing-filename"),
        text(json, "backing-filename-format"),
        json.path("cluster-size").asLong(0),
        json.path("format-specific").path("data"));
  }

  /**
   * Reads all of a disk's tables, and nothing of what it may stand on. A raw disk has none and is
   * always sound.
   *
   * @return what is wrong with it, empty if nothing is; clusters that are merely lost are no harm
   */
  public static Optional<String> check(Path disk, DiskFormat format)
      throws ProgramException, InterruptedException {
    if (format == DiskFormat.RAW) {
      return Optional.empty();
    }
    try {
      run(TABLES, FOR_TABLES, Sandbox.reading(disk), "check", "-q", alone(disk, format));
      return Optional.empty();
    } catch (ProgramException e) {
      // qemu-img(1), check: 2 is corruption, 3 is leaked clusters, 1 is a check that broke off.
      if (e.exitStatus() == 3) {
        return Optional.empty();
      }
      if (isDisksFault(e)) {
        return Optional.of(String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  /**
   * Whether a run of {@link #info} or {@link #check} failed because of the disk: the tool said so,
   * or broke down on it, or met a limit (SIGABRT, SIGSEGV, SIGXCPU, SIGXFSZ).
   */
  static boolean isDisksFault(ProgramException failure) {
    return switch (failure.exitStatus()) {
      case 1, 2, 128 + 6, 128 + 11, 128 + 24, 128 + 25 -> true;
      default -> false;
    };
  }

  /**
   * How large a qcow2 that stands alone is at most, with all that a qcow2 and its bases hold; no
   * data is read.
   */
  public static long standaloneBytes(Path disk) throws ProgramException, InterruptedException {
    String answer =
        run(
            SHORT,
            FOR_HEADERS,
            Sandbox.reading(chain(disk)),
            "measure",
            "-U",
            "--output=json",
            "-f",
            "qcow2",
            "-O",
            "qcow2",
            name(disk));
    return JSON.readTree(answer).path("required").asLong();
  }

  /** Makes an empty disk. */
  public static void create(Path disk, DiskFormat format, long virtualBytes)
      throws ProgramException, InterruptedException {
    write(
        disk,
        target ->
            run(
                SHORT,
                FOR_WHOLE_DISKS,
                Sandbox.reading().writing(target),
                "create",
                "-q",
                "-f",
                format.qemuName(),
                name(target),
                Long.toString(virtualBytes)));
  }

  /**
   * Makes an empty qcow2 that stands on a qcow2, which it names by its absolute path; the name is
   * kept beside it too ({@link DiskChain}).
   */
  public static void createOverlay(Path base, Path overlay)
      throws ProgramException, InterruptedException {
    createOverlay(base, overlay, List.of());
  }

  /**
   * As {@link #createOverlay}, of a disk that is larger than its base; what is beyond the base's
   * end reads as zeros.
   */
  public static void createLargerOverlay(Path base, Path overlay, long virtualBytes)
      throws ProgramException, InterruptedException {
    createOverlay(base, overlay, List.of(Long.toString(virtualBytes)));
  }

  private static void createOverlay(Path base, Path overlay, List<String> size)
      throws ProgramException, InterruptedException {
    Sandbox sandbox = Sandbox.reading(chain(base));
    write(
        overlay,
        target -> {
          List<String> arguments =
              new ArrayList<>(List.of("create", "-q", "-f", "qcow2", "-F", "qcow2"));
          arguments.addAll(List.of("-b", name(base), name(target)));
          arguments.addAll(size);
          program(SHORT, FOR_WHOLE_DISKS, sandbox.writing(target), arguments).run();
          record(target, base);
        });
  }

  /**
   * Writes a disk, with all that it stands on, as one standalone file. A qcow2 must be one of ours,
   * or have been found to stand alone ({@link DiskCheck}).
   *
   * @param progress is given the part that is done, 0 to 1, from a thread of its own
   */
  public static void convert(
      Path source,
      DiskFormat sourceFormat,
      Path target,
      DiskFormat targetFormat,
      DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    convert(source, sourceFormat, target, List.of("-W", "-O", targetFormat.qemuName()), progress);
  }

  /** As {@link #convert}, to a qcow2 whose clusters are compressed with zstd. */
  public static void compress(
      Path source, DiskFormat sourceFormat, Path target, DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    convert(
        source,
        sourceFormat,
        target,
        List.of("-W", "-O", "qcow2", "-c", "-o", "compression_type=zstd"),
        progress);
  }

  /**
   * Writes what an overlay holds above its base as a qcow2 whose clusters are compressed with zstd,
   * and which names the base by its absolute path.
   *
   * @param base the file that the overlay stands on
   */
  public static void compressDelta(Path overlay, Path base, Path target, DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    convert(
        overlay,
        DiskFormat.QCOW2,
        target,
        List.of(
            "-W",
            "-O",
            "qcow2",
            "-c",
            "-o",
            "compression_type=zstd",
            "-B",
            name(base),
            "-F",
            "qcow2"),
        progress);
  }

  /**
   * Reads which parts of its disk a qcow2 holds data of itself, leaving aside what it stands on.
   *
   * @param onExtent is given each such part, in the order of the disk
   */
  static void readMap(Path disk, Consumer<DiskPart> onExtent)
      throws ProgramException, InterruptedException {
    List<String> arguments = List.of("map", "--output=json", alone(disk, DiskFormat.QCOW2));
    program(TABLES, FOR_TABLES, Sandbox.reading(disk), arguments)
        .run(line -> {
          Matcher matcher = EXTENT.matcher(line);
          if (matcher.find()) {
            onExtent.accept(
                new DiskPart(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))));
          }
        });
  }

  /** Writes zeros over parts of an overlay that nobody has open. */
  static void writeZeros(Path overlay, List<DiskPart> parts)
      throws ProgramException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("qemu-io", "-f", "qcow2", "-t", "unsafe"));
    for (DiskPart part : parts) {
      command.add("-c");
      command.add("write -q -z %d %d".formatted(part.offset(), part.length()));
    }
    command.add(name(overlay));
    List<Path> chain = chain(overlay);
    Sandbox sandbox = Sandbox.reading(chain.subList(1, chain.size())).writing(overlay);
    limited(TABLES, FOR_WHOLE_DISKS, sandbox, command).run();
  }

  /**
   * Reads two qcow2, each with all that it stands on, from end to end.
   *
   * @throws ProgramException if they differ, or one can't be read
   */
  public static void requireSame(Path one, Path other, DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    List<Path> all = new ArrayList<>(chain(one));
    all.addAll(chain(other));
    List<String> arguments =
        List.of("compare", "-p", "-f", "qcow2", "-F", "qcow2", name(one), name(other));
    program(LONG, FOR_WHOLE_DISKS, Sandbox.reading(all), arguments)
        .run(line -> report(line, progress));
  }

  /** Writes a layer, or an overlay of one, as one standalone disk in a form for other systems. */
  public static void export(Path source, ExportFormat format, Path target, DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    convert(source, DiskFormat.QCOW2, target, format.options(), progress);
  }

  /**
   * Writes another name of the same base into a qcow2's header; nothing is read or compared.
   *
   * @param backingFile as the header shall hold it; relative names count from the disk's directory
   */
  public static void renameBase(Path disk, String backingFile)
      throws ProgramException, InterruptedException {
    run(
        SHORT,
        FOR_WHOLE_DISKS,
        Sandbox.reading().writing(disk),
        "rebase",
        "-q",
        "-u",
        "-f",
        "qcow2",
        "-F",
        "qcow2",
        "-b",
        backingFile,
        name(disk));
  }

  private static void convert(
      Path source,
      DiskFormat sourceFormat,
      Path target,
      List<String> options,
      DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    List<Path> chain = sourceFormat == DiskFormat.QCOW2 ? chain(source) : List.of(source);
    List<String> arguments = new ArrayList<>(List.of("convert", "-p"));
    // Compression uses one thread a coroutine. -W among the options: in whatever order they end.
    arguments.addAll(List.of("-m", "8"));
    arguments.addAll(options);
    if (chain.size() == 1) {
      arguments.addAll(List.of(alone(source, sourceFormat)));
    } else {
      arguments.addAll(List.of("-f", sourceFormat.qemuName(), name(source)));
    }
    write(
        target,
        written -> {
          arguments.add(name(written));
          Sandbox sandbox = Sandbox.reading(chain).writing(written);
          program(LONG, FOR_WHOLE_DISKS, sandbox, arguments).run(line -> report(line, progress));
        });
  }

  /**
   * A disk as QEMU's JSON for block devices. Where a format can stand on another file, it is told
   * that this one doesn't, whatever its header says.
   */
  private static String alone(Path disk, DiskFormat format) {
    Map<String, Object> node = new LinkedHashMap<>();
    node.put("driver", format.qemuName());
    node.put("file", Map.of("driver", "file", "filename", name(disk)));
    if (format == DiskFormat.QCOW2 || format == DiskFormat.VMDK) {
      node.put("backing", null);
    }
    return "json:" + JSON.writeValueAsString(node);
  }

  private static void record(Path overlay, Path base) throws ProgramException {
    try {
      DiskChain.record(overlay, base);
    } catch (IOException e) {
      throw new ProgramException("cannot create %s: %s".formatted(overlay, e), e);
    }
  }

  /** The disk and, if it is a layer or an overlay of ours, what it stands on. */
  private static List<Path> chain(Path disk) throws ProgramException {
    try {
      return DiskChain.of(disk);
    } catch (IOException e) {
      throw new ProgramException("qemu-img is not run: " + e.getMessage(), e);
    }
  }

  private static void report(String line, DoubleConsumer progress) {
    Matcher matcher = PROGRESS.matcher(line);
    if (matcher.find()) {
      progress.accept(Double.parseDouble(matcher.group(1)) / 100);
    }
  }

  /**
   * The target is there, empty, before it is written: a sandbox takes only what is there. Whatever
   * keeps the writer from its end, no half-written one is left.
   */
  private static void write(Path target, DiskWriter writer)
      throws ProgramException, InterruptedException {
    boolean done = false;
    try {
      place(target);
      writer.write(target);
      done = true;
    } finally {
      if (!done) {
        remove(target);
        remove(DiskChain.recordOf(target));
      }
    }
  }

  private static void place(Path target) throws ProgramException {
    try {
      if (!Files.isRegularFile(target)) {
        Files.createFile(target);
      }
    } catch (IOException e) {
      throw new ProgramException("cannot create %s: %s".formatted(target, e), e);
    }
  }

  private static void remove(Path target) {
    try {
      Files.deleteIfExists(target);
    } catch (IOException e) {
      // The failure under way says more than this one.
    }
  }

  private static String run(
      Duration timeLimit, Program.Limits limits, Sandbox sandbox, String... arguments)
      throws ProgramException, InterruptedException {
    return program(timeLimit, limits, sandbox, List.of(arguments)).run();
  }

  private static Program program(
      Duration timeLimit, Program.Limits limits, Sandbox sandbox, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("qemu-img"));
    command.addAll(arguments);
    return limited(timeLimit, limits, sandbox, command);
  }

  private static Program limited(
      Duration timeLimit, Program.Limits limits, Sandbox sandbox, List<String> command) {
    return Program.of(command).within(timeLimit).limitedTo(limits).in(sandbox);
  }

  /** Absolute: QEMU takes what stands before a colon for a protocol, but not behind a slash. */
  private static String name(Path path) {
    return path.toAbsolutePath().toString();
  }

  private static Optional<String> text(JsonNode json, String member) {
    return Optional.ofNullable(json.path(member).stringValue(null));
  }

  @FunctionalInterface
  private interface DiskWriter {
    void write(Path target) throws ProgramException, InterruptedException;
  }
}
