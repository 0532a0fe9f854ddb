package dev.regild.disk;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code qemu-img} does for us. Formats are always given, never probed: a raw disk's owner
 * could otherwise make it look like a qcow2 that names a file of the host as its base. Every run
 * has a time limit and, since the input may be hostile, limits on memory and processor time. What a
 * failed run has written so far is removed.
 */
public final class QemuImg {
  private static final Duration SHORT = Duration.ofSeconds(60);
  private static final Duration LONG = Duration.ofHours(6);

  /** OpenStack Glance's and Nova's limits for reading a header: 1 GiB and 30 s. */
  private static final Program.Limits FOR_HEADERS =
      new Program.Limits(1L << 30, Duration.ofSeconds(30));

  private static final Program.Limits FOR_WHOLE_DISKS =
      new Program.Limits(4L << 30, Duration.ofHours(12));

  private static final Pattern PROGRESS = Pattern.compile("\\(([0-9.]+)/100%\\)");
  private static final JsonMapper JSON = JsonMapper.shared();

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

  /** Reads a disk's header; no file that it refers to is opened, save a vmdk's extents. */
  public Info info(Path disk, DiskFormat format) throws ProgramException, InterruptedException {
    String answer =
        run(SHORT, FOR_HEADERS, "info", "-U", "--output=json", "-f", format.qemuName(), name(disk));
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
   * Reads all of a disk's tables. A raw disk has none and is always sound.
   *
   * @return what is wrong with it, empty if nothing is; clusters that are merely lost are no harm
   */
  public Optional<String> check(Path disk, DiskFormat format)
      throws ProgramException, InterruptedException {
    if (format == DiskFormat.RAW) {
      return Optional.empty();
    }
    try {
      run(LONG, FOR_WHOLE_DISKS, "check", "-q", "-f", format.qemuName(), name(disk));
      return Optional.empty();
    } catch (ProgramException e) {
      // qemu-img(1), check: 2 is corruption, 3 is leaked clusters, 1 is a check that broke off.
      return switch (e.exitStatus()) {
        case 1, 2 -> Optional.of(String.valueOf(e.getMessage()));
        case 3 -> Optional.empty();
        default -> throw e;
      };
    }
  }

  /**
   * How large a qcow2 that stands alone is at most, with all that a qcow2 and its bases hold; no
   * data is read.
   */
  public long standaloneBytes(Path disk) throws ProgramException, InterruptedException {
    String answer =
        run(
            SHORT,
            FOR_HEADERS,
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
  public void create(Path disk, DiskFormat format, long virtualBytes)
      throws ProgramException, InterruptedException {
    write(
        disk,
        () ->
            run(
                SHORT,
                FOR_HEADERS,
                "create",
                "-q",
                "-f",
                format.qemuName(),
                name(disk),
                Long.toString(virtualBytes)));
  }

  /** Makes an empty qcow2 that stands on a qcow2, which it names by its absolute path. */
  public void createOverlay(Path base, Path overlay) throws ProgramException, InterruptedException {
    write(
        overlay,
        () ->
            run(
                SHORT,
                FOR_HEADERS,
                "create",
                "-q",
                "-f",
                "qcow2",
                "-F",
                "qcow2",
                "-b",
                name(base),
                name(overlay)));
  }

  /**
   * Writes a disk, with all that it stands on, as one standalone file.
   *
   * @param progress is given the part that is done, 0 to 1, from a thread of its own
   */
  public void convert(
      Path source,
      DiskFormat sourceFormat,
      Path target,
      DiskFormat targetFormat,
      DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    convert(source, sourceFormat, target, List.of("-O", targetFormat.qemuName()), progress);
  }

  /** As {@link #convert}, to a qcow2 whose clusters are compressed with zstd. */
  public void compress(Path source, DiskFormat sourceFormat, Path target, DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    convert(
        source,
        sourceFormat,
        target,
        List.of("-O", "qcow2", "-c", "-o", "compression_type=zstd"),
        progress);
  }

  /**
   * Writes what an overlay holds above its base as a qcow2 whose clusters are compressed with zstd,
   * and which names the base by its absolute path.
   *
   * @param base the file that the overlay stands on
   */
  public void compressDelta(Path overlay, Path base, Path target, DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    convert(
        overlay,
        DiskFormat.QCOW2,
        target,
        List.of(
            "-O", "qcow2", "-c", "-o", "compression_type=zstd", "-B", name(base), "-F", "qcow2"),
        progress);
  }

  /**
   * Writes another name of the same base into a qcow2's header; nothing is read or compared.
   *
   * @param backingFile as the header shall hold it; relative names count from the disk's directory
   */
  public void renameBase(Path disk, String backingFile)
      throws ProgramException, InterruptedException {
    run(
        SHORT,
        FOR_HEADERS,
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

  private void convert(
      Path source,
      DiskFormat sourceFormat,
      Path target,
      List<String> options,
      DoubleConsumer progress)
      throws ProgramException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("convert", "-p"));
    // Compression uses one thread a coroutine; the order of clusters in a file is of no interest.
    arguments.addAll(List.of("-m", "8", "-W", "-f", sourceFormat.qemuName()));
    arguments.addAll(options);
    arguments.addAll(List.of(name(source), name(target)));
    write(
        target,
        () -> program(LONG, FOR_WHOLE_DISKS, arguments).run(line -> report(line, progress)));
  }

  private static void report(String line, DoubleConsumer progress) {
    Matcher matcher = PROGRESS.matcher(line);
    if (matcher.find()) {
      progress.accept(Double.parseDouble(matcher.group(1)) / 100);
    }
  }

  /** Whatever keeps the writer from its end, no half-written target is left. */
  private static void write(Path target, Writer writer)
      throws ProgramException, InterruptedException {
    boolean done = false;
    try {
      writer.write();
      done = true;
    } finally {
      if (!done) {
        remove(target);
      }
    }
  }

  private static void remove(Path target) {
    try {
      Files.deleteIfExists(target);
    } catch (IOException e) {
      // The failure under way says more than this one.
    }
  }

  private static String run(Duration timeLimit, Program.Limits limits, String... arguments)
      throws ProgramException, InterruptedException {
    return program(timeLimit, limits, List.of(arguments)).run();
  }

  private static Program program(
      Duration timeLimit, Program.Limits limits, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("qemu-img"));
    command.addAll(arguments);
    return Program.of(command).within(timeLimit).limitedTo(limits);
  }

  /** Absolute: QEMU takes what stands before a colon for a protocol, but not behind a slash. */
  private static String name(Path path) {
    return path.toAbsolutePath().toString();
  }

  private static Optional<String> text(JsonNode json, String member) {
    return Optional.ofNullable(json.path(member).stringValue(null));
  }

  @FunctionalInterface
  private interface Writer {
    void write() throws ProgramException, InterruptedException;
  }
}
