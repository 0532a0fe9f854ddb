package dev.regild.channel;

import dev.regild.db.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Keeps snapshots that channels had: the last one of each day, for a time, and as long as they fit.
 * Snapshots share the indexes that did not change, so most days take little.
 */
public final class EarlierSnapshots {
  private static final int SHORTEST_DIGEST = 8;

  private final Database database;
  private final ChannelStore channels;
  private final Limits limits;
  private final Clock clock;

  /** The digest that was last recorded, by channel. */
  private final Map<String, String> recorded = new HashMap<>();

  /**
   * How much is kept.
   *
   * @param age of the oldest one
   * @param bytes of all files that no current snapshot has
   */
  public record Limits(Duration age, long bytes) {}

  public EarlierSnapshots(Database database, ChannelStore channels, Limits limits, Clock clock) {
    this.database = database;
    this.channels = channels;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * Records the snapshot that each channel has now.
   *
   * @return the channels whose snapshot is another one than when it was last recorded here
   */
  public synchronized List<Channel> record() throws ChannelException {
    List<Channel> changed = new ArrayList<>();
    for (Channel channel : channels.list()) {
      Optional<String> digest = channels.currentDigest(channel.name());
      if (digest.isPresent() && !digest.get().equals(recorded.get(channel.name()))) {
        database.useTransaction(handle ->
            SnapshotHistory.record(handle, channel.name(), digest.get(), clock.instant()));
        recorded.put(channel.name(), digest.get());
        changed.add(channel);
      }
    }
    return changed;
  }

  /** Returns the digests of the snapshots to keep. */
  public Set<String> kept() throws ChannelException, IOException {
    Set<Object> counted = new HashSet<>();
    for (Channel channel : channels.list()) {
      Optional<String> current = channels.currentDigest(channel.name());
      if (current.isPresent()) {
        var _ = bytes(channels.snapshotDirectory(current.get()), counted);
      }
    }
    Instant oldest = clock.instant().minus(limits.age());
    long bytes = 0;
    Set<String> kept = new HashSet<>();
    for (String digest : database.read(handle -> SnapshotHistory.lastOfEachDay(handle, oldest))) {
      bytes += bytes(channels.snapshotDirectory(digest), counted);
      if (bytes > limits.bytes()) {
        break;
      }
      kept.add(digest);
    }
    return kept;
  }

  /** Counts a file with several names once. */
  private static long bytes(Path directory, Set<Object> counted) throws IOException {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    long bytes = 0;
    try (var files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (attributes.isRegularFile()
            && counted.add(Objects.requireNonNullElse(attributes.fileKey(), file))) {
          bytes += attributes.size();
        }
      }
    }
    return bytes;
  }

  /** Forgets snapshots that were removed. */
  public void forget(Set<String> removed) {
    if (!removed.isEmpty()) {
      database.useTransaction(handle -> SnapshotHistory.forget(handle, removed));
    }
  }

  /**
   * Finds a snapshot that a channel has or had.
   *
   * @param which a day such as {@code 2026-03-01}, whose last snapshot it is; a time such as {@code
   *     2026-03-01T12:00:00Z}; or the beginning of a digest
   * @throws ChannelException if there is none; the message says which there are
   */
  public SnapshotHistory.Entry find(String channel, String which) throws ChannelException {
    List<SnapshotHistory.Entry> all =
        database.read(handle -> SnapshotHistory.list(handle, channel));
    Optional<Instant> time = time(which);
    List<SnapshotHistory.Entry> found =
        time.isPresent()
            ? all.stream().filter(each -> !each.since().isAfter(time.get())).limit(1).toList()
            : all.stream().filter(each -> isNamed(each.digest(), which)).toList();
    if (found.isEmpty()) {
      throw new ChannelException(
          "the channel %s has no snapshot %s; %s"
              .formatted(channel, (time.isPresent() ? "of " : "") + which, kept(all)));
    }
    if (found.stream().map(SnapshotHistory.Entry::digest).distinct().count() > 1) {
      throw new ChannelException(
          "the channel %s has several snapshots %s; write more of the digest"
              .formatted(channel, which));
    }
    return found.getFirst();
  }

  private static Optional<Instant> time(String which) {
    try {
      return which.length() == 10
          ? Optional.of(LocalDate.parse(which).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant())
          : Optional.of(Instant.parse(which));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static boolean isNamed(String digest, String which) {
    String plain = which.replaceFirst("^sha256:", "");
    return plain.length() >= SHORTEST_DIGEST
        && digest.replaceFirst("^sha256:", "").startsWith(plain);
  }

  private static String kept(List<SnapshotHistory.Entry> all) {
    return all.isEmpty()
        ? "it has none yet"
        : "the oldest one that is kept is of %s (%s)"
            .formatted(all.getLast().since(), all.getLast().digest());
  }
}
