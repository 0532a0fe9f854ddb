package dev.regild.server.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.regild.policy.Audit;
import dev.regild.server.config.ByteSize;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who asked for what, and the outcome: one JSON object a line, in {@code audit.log}. Each day
 * (UTC), and when it is too large, the file becomes {@code audit-DAY-NUMBER.log}. Old files are
 * removed by age and by their total size. Only their owner can read them. If a line can't be
 * written, the next one says how many were lost; a line is never written in part.
 */
public final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  /** Far more than an operation, a hundred names and a key take. */
  private static final int LONGEST_LINE = 1 << 20;

  private static final String OWNER_ALONE = "rw-------";
  private static final Pattern PUT_ASIDE =
      Pattern.compile("audit-(\\d{4}-\\d{2}-\\d{2})-(\\d{1,9})\\.log");

  private final Path directory;
  private final Path file;
  private final Limits limits;
  private final Clock clock;
  private FileChannel channel;
  private LocalDate day;
  private long lost;

  /** Bytes of the lines that are there as a whole. */
  private long whole;

  private volatile @Nullable String problem;

  private AuditLog(Path directory, Limits limits, Clock clock) throws IOException {
    this.directory = directory;
    this.file = directory.resolve("audit.log");
    this.limits = limits;
    this.clock = clock;
    this.day =
        Files.exists(file) && Files.size(file) > 0
            ? dayOf(Files.getLastModifiedTime(file).toInstant())
            : today();
    this.channel = opened();
  }

  /**
   * How much is kept.
   *
   * @param bytes a file that has as many is put aside
   * @param age of the files that were put aside
   * @param total bytes of all files
   */
  public record Limits(long bytes, Duration age, long total) {
    private static final Duration KEPT = Duration.ofDays(90);

    /** As much as that, for 90 days. */
    public static Limits of(ByteSize total) {
      return new Limits(Math.min(64L << 20, total.bytes() / 4), KEPT, total.bytes());
    }
  }

  /**
   * One call.
   *
   * @param time when it came
   * @param request its id, which the answer has, too
   * @param account whose call it is; absent where that isn't known
   * @param key the access key's id as the call names it, whether it is one of this server or not
   * @param operation what was asked for, if this server knows it
   * @param resources the names, ARNs and ids that the call mentions
   * @param outcome {@code ok}, or the error's name
   * @param source the address that it came from
   * @param omitted how many calls before it, of senders that nobody knows, have no line
   */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  record Entry(
      Instant time,
      String request,
      Optional<String> account,
      Optional<String> region,
      Optional<String> key,
      String operation,
      List<String> resources,
      String outcome,
      String source,
      Optional<Long> omitted) {}

  /** Adds to the log of that directory. */
  public static AuditLog open(Path directory, Limits limits, Clock clock) throws IOException {
    return new AuditLog(directory, limits, clock);
  }

  /** Returns where acts of policies become lines. The key of such a line is the policy. */
  public Audit ofPolicies() {
    return (owner, policy, operation, resources, outcome) ->
        write(
            new Entry(
                clock.instant(),
                UUID.randomUUID().toString(),
                Optional.of(owner.accountId()),
                Optional.of(owner.region()),
                Optional.of(policy),
                operation,
                resources,
                outcome,
                "policy",
                Optional.empty()));
  }

  /** Writes a line. A call that was answered stays so: if this fails, the server's log says why. */
  synchronized void write(Entry entry) {
    // An interrupted thread, as that of a call which a stop cuts off, can't write to a channel.
    boolean interrupted = Thread.interrupted();
    try {
      while (!isWritten(entry)) {
        interrupted |= Thread.interrupted();
      }
      lost = 0;
      problem = null;
    } catch (IOException e) {
      lost++;
      if (problem == null) {
        LOG.atError()
            .addKeyValue("request", entry.request())
            .addKeyValue("reason", e.toString())
            .log("cannot write the audit log");
      }
      problem = "Cannot write the audit log: %s.".formatted(e.getMessage());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns false if the thread was interrupted meanwhile; nothing of the line is there then. */
  private boolean isWritten(Entry entry) throws IOException {
    try {
      if (!channel.isOpen()) {
        channel = opened().truncate(whole);
      }
      if (!day.equals(today()) || channel.size() >= limits.bytes) {
        rotate();
      }
      append(line(entry));
      return true;
    } catch (ClosedByInterruptException e) {
      LOG.trace("interrupted while writing the audit log", e);
      return false;
    }
  }

  /** Why the last line could not be written; empty if it was. */
  public Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  private byte[] line(Entry entry) {
    ObjectNode members = JsonMapper.shared().valueToTree(entry);
    if (lost > 0) {
      members.put("lost", lost);
    }
    return (members + "\n").getBytes(UTF_8);
  }

  /** The whole line or none of it. */
  private void append(byte[] text) throws IOException {
    whole = channel.size();
    ByteBuffer line = ByteBuffer.wrap(text);
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (ClosedByInterruptException e) {
      // What there is of it goes when the file is opened again.
      throw e;
    } catch (IOException e) {
      channel.truncate(whole);
      throw e;
    }
    whole += text.length;
  }

  @Override
  public synchronized void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void rotate() throws IOException {
    if (channel.size() > 0) {
      putAside();
      channel.close();
      channel = opened();
    }
    day = today();
    removeOld();
  }

  private void putAside() throws IOException {
    for (int number = 1; ; number++) {
      try {
        // A link fails where a move would replace: what was put aside is never lost to a number.
        Files.createLink(directory.resolve("audit-%s-%d.log".formatted(day, number)), file);
        Files.delete(file);
        return;
      } catch (NoSuchFileException e) {
        LOG.debug("somebody else has put the audit log aside", e);
        return;
      } catch (FileAlreadyExistsException e) {
        LOG.trace("that number is in use", e);
      }
    }
  }

  private void removeOld() throws IOException {
    Instant oldest = clock.instant().minus(limits.age);
    // Room for the file that is being written is left.
    long room = limits.total - limits.bytes;
    for (Path file : putAsideNewestFirst()) {
      room -= sizeOf(file);
      boolean tooMuch = room < 0;
      if (tooMuch || Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
        remove(file, tooMuch ? "all together are too large" : "too old");
      }
    }
  }

  private static void remove(Path file, String reason) throws IOException {
    if (Files.deleteIfExists(file)) {
      LOG.atInfo()
          .addKeyValue("file", file)
          .addKeyValue("reason", reason)
          .log("removed a rotated audit log");
    }
  }

  /** The file that is written to, and those that were put aside. */
  List<Path> filesNewestFirst() throws IOException {
    List<Path> files = new ArrayList<>(List.of(file));
    files.addAll(putAsideNewestFirst());
    return files;
  }

  private List<Path> putAsideNewestFirst() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> PUT_ASIDE.matcher(file.getFileName().toString()).matches())
          .sorted(Comparator.comparing(AuditLog::order).reversed())
          .toList();
    }
  }

  /** Day and number, to be compared as text. */
  private static String order(Path file) {
    Matcher name = PUT_ASIDE.matcher(file.getFileName().toString());
    if (!name.matches()) {
      throw new IllegalArgumentException("not a rotated log: " + file);
    }
    return "%s-%9s".formatted(name.group(1), name.group(2));
  }

  private static long sizeOf(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      LOG.debug("somebody else has removed an old audit log", e);
      return 0;
    }
  }

  private FileChannel opened() throws IOException {
    FileChannel opened =
        FileChannel.open(
            file,
            Set.of(CREATE, WRITE, APPEND, NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ALONE)));
    try {
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(OWNER_ALONE));
      long end = endOfLastLine();
      return end < opened.size() ? opened.truncate(end) : opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  /** A process that was killed may have left half a line. */
  private long endOfLastLine() throws IOException {
    try (FileChannel reading = FileChannel.open(file, READ)) {
      return endOfLastLine(reading::read, reading.size());
    }
  }

  /** Reads from a place in a file; as {@link FileChannel#read(ByteBuffer, long)} does. */
  @FunctionalInterface
  interface Reading {
    int read(ByteBuffer bytes, long from) throws IOException;
  }

  /**
   * Where the last whole line of a file ends; its end if that line is longer than any of ours.
   *
   * @param reading may bring less than it is asked for
   */
  static long endOfLastLine(Reading reading, long size) throws IOException {
    ByteBuffer tail = ByteBuffer.allocate((int) Math.min(LONGEST_LINE, size));
    long start = size - tail.capacity();
    while (tail.hasRemaining()) {
      if (reading.read(tail, start + tail.position()) < 0) {
        throw new EOFException("the audit log shrank while it was being opened");
      }
    }
    for (int i = tail.position(); i > 0; i--) {
      if (tail.get(i - 1) == '\n') {
        return start + i;
      }
    }
    return start > 0 ? size : 0;
  }

  private LocalDate today() {
    return dayOf(clock.instant());
  }

  private static LocalDate dayOf(Instant time) {
    return LocalDate.ofInstant(time, ZoneOffset.UTC);
  }
}
