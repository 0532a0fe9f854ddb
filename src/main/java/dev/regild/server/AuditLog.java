package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
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
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who asked for what, and what came of it: one JSON object a line, in {@code audit.log}. Each day
 * (UTC), and whenever it has grown too large, the file is put aside as {@code
 * audit-DAY-NUMBER.log}; what was put aside goes when it is too old. All of them can be read by
 * their owner alone.
 */
final class AuditLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final String OWNER_ALONE = "rw-------";

  private final Path directory;
  private final Path file;
  private final Limits limits;
  private final Clock clock;
  private FileChannel channel;
  private LocalDate day;

  private AuditLog(Path directory, Limits limits, Clock clock) throws IOException {
    this.directory = directory;
    this.file = directory.resolve("audit.log");
    this.limits = limits;
    this.clock = clock;
    this.channel = opened();
    this.day = channel.size() == 0 ? today() : dayOf(Files.getLastModifiedTime(file).toInstant());
  }

  /**
   * How much is kept.
   *
   * @param bytes a file that has as many is put aside
   * @param age of the files that were put aside
   */
  record Limits(long bytes, Duration age) {
    static final Limits DEFAULT = new Limits(64L << 20, Duration.ofDays(90));
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
   */
  record Entry(
      Instant time,
      String request,
      Optional<String> account,
      Optional<String> region,
      Optional<String> key,
      String operation,
      List<String> resources,
      String outcome,
      String source) {}

  /** Adds to the log of that directory. */
  static AuditLog open(Path directory, Limits limits, Clock clock) throws IOException {
    return new AuditLog(directory, limits, clock);
  }

  /** Writes a line. A call that was answered stays so: if this fails, the server's log says why. */
  synchronized void write(Entry entry) {
    try {
      if (!day.equals(today()) || channel.size() >= limits.bytes) {
        rotate();
      }
      ByteBuffer line = ByteBuffer.wrap((OwnAnswers.text(entry) + "\n").getBytes(UTF_8));
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException e) {
      LOG.atError()
          .addKeyValue("request", entry.request())
          .addKeyValue("reason", e.toString())
          .log("no audit line could be written");
    }
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
        break;
      } catch (FileAlreadyExistsException e) {
        LOG.trace("that number is taken", e);
      }
    }
    Files.delete(file);
  }

  private void removeOld() throws IOException {
    Instant oldest = clock.instant().minus(limits.age);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path old : files.filter(AuditLog::isPutAside).toList()) {
        if (Files.getLastModifiedTime(old).toInstant().isBefore(oldest)) {
          Files.deleteIfExists(old);
        }
      }
    } catch (NoSuchFileException e) {
      LOG.debug("somebody else has removed an old audit log", e);
    }
  }

  private static boolean isPutAside(Path file) {
    return file.getFileName().toString().matches("audit-\\d{4}-\\d{2}-\\d{2}-\\d+\\.log");
  }

  private FileChannel opened() throws IOException {
    FileChannel opened =
        FileChannel.open(
            file,
            Set.of(CREATE, WRITE, APPEND, NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(OWNER_ALONE)));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(OWNER_ALONE));
    return opened;
  }

  private LocalDate today() {
    return dayOf(clock.instant());
  }

  private static LocalDate dayOf(Instant time) {
    return LocalDate.ofInstant(time, ZoneOffset.UTC);
  }
}
