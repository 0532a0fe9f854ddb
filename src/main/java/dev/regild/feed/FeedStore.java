package dev.regild.feed;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import dev.regild.db.Database;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Keyring;
import dev.regild.fetch.Transport;
import dev.regild.fetch.Validators;
import dev.regild.files.DurableFiles;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.bouncycastle.openpgp.PGPSignature;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The feeds of a registry and what they say. The database has the settings and what was read of the
 * last good contents of each, which all nodes share; the data directory has the newest content
 * itself.
 */
public final class FeedStore {
  private static final int LARGEST_SIGNATURE = 1 << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .changeDefaultVisibility(v -> v.withIsGetterVisibility(Visibility.NONE))
          .build();

  private final Database database;
  private final Path directory;
  private final Transport transport;
  private final Clock clock;

  /** One feed at a time: what it says can take much of the heap, and reading takes a processor. */
  private final ReentrantLock reading = new ReentrantLock();

  private final MergedFacts facts;

  /**
   * @param data the data directory; {@code feeds} is made in it
   */
  public FeedStore(Database database, Path data, Clock clock) throws IOException {
    this(database, data, clock, Transport.in(data));
  }

  FeedStore(Database database, Path data, Clock clock, Transport transport) throws IOException {
    this.database = database;
    this.directory = PrivateDirectory.within(data, "feeds").path();
    this.transport = transport;
    this.clock = clock;
    this.facts = new MergedFacts(database);
  }

  /**
   * Adds a feed, without refreshing it.
   *
   * @throws FeedException if there is one of that name
   */
  public void add(Feed feed) throws FeedException {
    int added =
        database.inTransaction(handle ->
            handle
                .createUpdate(
                    """
                    INSERT INTO feed (name, settings, validators) VALUES (:name, :settings, :none)
                    ON CONFLICT (name) DO NOTHING
                    """)
                .bind("name", feed.name())
                .bind("settings", feed.json())
                .bind("none", JSON.writeValueAsString(Validators.NONE))
                .execute());
    if (added == 0) {
      throw new FeedException(
          "The feed %s exists already. Remove it first: regild feed remove %1$s"
              .formatted(feed.name()));
    }
  }

  /**
   * Removes a feed and what it says.
   *
   * @throws FeedException if there is none of that name
   */
  public void remove(String name) throws FeedException {
    var _ = require(name);
    database.useTransaction(handle ->
        handle.createUpdate("DELETE FROM feed WHERE name = :name").bind("name", name).execute());
    try {
      removeOthers();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * Lets an earlier snapshot of a feed count, whatever is read later.
   *
   * @param digest its SHA-256, or how that begins
   * @return the snapshot
   * @throws FeedException if there is no such feed, no such snapshot, or more than one
   */
  public FeedSnapshot hold(String name, String digest) throws FeedException {
    var _ = require(name);
    List<FeedSnapshot> found =
        database.inTransaction(handle -> {
          List<FeedSnapshot> matching =
              locked(handle, name).stream()
                  .filter(each -> each.digest().startsWith(digest))
                  .toList();
          if (matching.size() == 1) {
            use(handle, name, matching.getFirst().digest(), matching.getFirst().digest());
          }
          return matching;
        });
    if (found.size() != 1) {
      throw new FeedException(
          "The feed %s has %s snapshot that begins with '%s'. See them: regild feed show %1$s"
              .formatted(name, found.isEmpty() ? "no" : "more than one", digest));
    }
    return found.getFirst();
  }

  /**
   * Lets the newest snapshot of a feed count, and every later one.
   *
   * @return the snapshot; empty if the feed was never read
   * @throws FeedException if there is no such feed
   */
  public Optional<FeedSnapshot> release(String name) throws FeedException {
    var _ = require(name);
    return database.inTransaction(handle -> {
      Optional<FeedSnapshot> newest = locked(handle, name).stream().findFirst();
      newest.ifPresent(each -> use(handle, name, each.digest(), null));
      return newest;
    });
  }

  /** Returns the snapshots of a feed, newest first; no refresh adds or removes one meanwhile. */
  private static List<FeedSnapshot> locked(Handle handle, String name) {
    handle
        .createUpdate("UPDATE feed SET held = held WHERE name = :name")
        .bind("name", name)
        .execute();
    return FeedSnapshots.all(handle).getOrDefault(name, List.of());
  }

  private static void use(Handle handle, String name, String digest, @Nullable String held) {
    handle
        .createUpdate("UPDATE feed SET held = :held WHERE name = :name")
        .bind("held", held)
        .bind("name", name)
        .execute();
    FeedSnapshots.use(handle, name, digest);
  }

  /** How every feed does, by name. */
  public List<FeedStatus> status() {
    return database.read(handle -> {
      Map<String, Map<String, Integer>> issues = new HashMap<>();
      handle
          .createQuery("SELECT feed, platform, issues FROM feed_facts")
          .map((row, _) -> {
            issues
                .computeIfAbsent(row.getString("feed"), _ -> new TreeMap<>())
                .put(row.getString("platform"), row.getInt("issues"));
            return true;
          })
          .list();
      Map<String, List<FeedSnapshot>> snapshots = FeedSnapshots.all(handle);
      return handle
          .createQuery("SELECT * FROM feed ORDER BY name")
          .map((row, _) -> {
            String name = row.getString("name");
            return status(
                row, issues.getOrDefault(name, Map.of()), snapshots.getOrDefault(name, List.of()));
          })
          .list();
    });
  }

  private static FeedStatus status(
      ResultSet row, Map<String, Integer> issues, List<FeedSnapshot> snapshots)
      throws SQLException {
    return new FeedStatus(
        Feed.ofJson(row.getString("settings")),
        Optional.ofNullable(row.getString("snapshot")),
        instant(row, "snapshot_at"),
        Optional.ofNullable(row.getString("verified")),
        instant(row, "checked_at"),
        instant(row, "attempted_at"),
        Optional.ofNullable(row.getString("error")),
        issues,
        snapshots,
        row.getString("held") != null);
  }

  private static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(value));
  }

  /**
   * The feed of that name.
   *
   * @throws FeedException if there is none
   */
  public FeedStatus require(String name) throws FeedException {
    return status().stream()
        .filter(each -> each.feed().name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new FeedException(
                "The feed %s does not exist. List the feeds: regild feed list".formatted(name)));
  }

  /**
   * The feeds whose last refresh is longer ago than their interval, and those that were not read
   * for one of these platforms yet.
   */
  public List<Feed> due(Set<String> platforms) {
    Instant now = clock.instant();
    return status().stream()
        .filter(each ->
            each.attemptedAt()
                    .filter(at -> at.plus(each.feed().refreshInterval()).isAfter(now))
                    .isEmpty()
                || lacks(each, platforms))
        .map(FeedStatus::feed)
        .toList();
  }

  private static boolean lacks(FeedStatus each, Set<String> platforms) {
    return each.error().isEmpty() && !each.isReadFor(wanted(each, platforms));
  }

  private static Set<String> wanted(FeedStatus each, Set<String> platforms) {
    return each.feed().kind() == FeedKind.KEV ? Set.of(FeedFacts.ANY) : platforms;
  }

  /**
   * Reads a feed, if it has changed, or was not read for one of these platforms yet.
   *
   * @param platforms those that images have, or are going to have
   * @throws FeedException if anything about it isn't right; the last good one stays, and {@link
   *     #status} remembers why
   */
  public FeedResult refresh(String name, Set<String> platforms)
      throws FeedException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted before the refresh began");
    }
    FeedStatus status = require(name);
    // Before it begins: if it ends the process, it must not begin again with the next one.
    attempted(
        name,
        clock.millis(),
        "The last refresh is under way, or was cut off. To refresh it now: regild feed refresh %s"
            .formatted(name));
    try {
      return refreshed(status, wanted(status, platforms));
    } catch (InterruptedException | InterruptedIOException | ClosedByInterruptException e) {
      var _ = Thread.interrupted(); // which would keep the database from being written
      // Whoever stops the process wants it again with the next one.
      attempted(
          name,
          status.attemptedAt().map(Instant::toEpochMilli).orElse(null),
          status.error().orElse(null));
      throw e instanceof InterruptedException interrupt
          ? interrupt
          : new InterruptedException("the refresh was interrupted");
    } catch (MalformedFeedException | FetchException | IOException | RuntimeException e) {
      String why = String.valueOf(e.getMessage());
      String message =
          e instanceof MalformedFeedException
              ? "%s is not a feed of the kind %s: %s. Check the address and the kind."
                  .formatted(status.feed().uri(), status.feed().kind().word(), why)
              : why;
      attempted(name, clock.millis(), message);
      throw new FeedException("Feed %s was not refreshed: %s".formatted(name, message), e);
    }
  }

  private void attempted(String name, @Nullable Long at, @Nullable String why) {
    database.useTransaction(handle ->
        handle
            .createUpdate("UPDATE feed SET attempted_at = :at, error = :why WHERE name = :name")
            .bind("at", at)
            .bind("why", why)
            .bind("name", name)
            .execute());
  }

  private FeedResult refreshed(FeedStatus status, Set<String> wanted)
      throws MalformedFeedException, FetchException, IOException, InterruptedException {
    Feed feed = status.feed();
    boolean complete = status.isReadFor(wanted);
    String newest = status.newest().map(FeedSnapshot::digest).orElse("");
    Path file = DurableFiles.temporaryBeside(directory.resolve(feed.name()));
    try {
      Transport by = transport.by(feed.route());
      Validators known = complete ? validators(feed.name()) : Validators.NONE;
      Optional<Transport.Fetched> fetched =
          by.fetch(URI.create(feed.uri()), file, known, feed.kind().limit());
      if (fetched.isEmpty()) {
        checked(feed.name(), known);
        return new FeedResult(newest, false, 0);
      }
      verify(feed, by, file, fetched.get());
      String digest = fetched.get().sha256();
      if (complete && newest.equals(digest)) {
        checked(feed.name(), fetched.get().validators());
        return new FeedResult(digest, false, 0);
      }
      return read(feed, file, fetched.get(), wanted);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private FeedResult read(Feed feed, Path file, Transport.Fetched fetched, Set<String> wanted)
      throws MalformedFeedException, IOException, InterruptedException {
    reading.lockInterruptibly();
    try {
      FeedFacts said = new FeedFacts(wanted);
      feed.kind().reader().read(file, said);
      DurableFiles.moveInto(directory, file, fetched.sha256());
      store(feed, fetched.sha256(), fetched.validators(), said);
      removeOthers();
      return new FeedResult(fetched.sha256(), true, said.issues());
    } finally {
      reading.unlock();
    }
  }

  private Validators validators(String name) {
    return database.read(handle ->
        handle
            .createQuery("SELECT validators FROM feed WHERE name = :name")
            .bind("name", name)
            .mapTo(String.class)
            .findOne()
            .map(json -> JSON.readValue(json, Validators.class))
            .orElse(Validators.NONE));
  }

  private void verify(Feed feed, Transport by, Path file, Transport.Fetched fetched)
      throws FetchException, InterruptedException {
    if (!feed.sha256().isEmpty() && !feed.sha256().equals(fetched.sha256())) {
      throw new FetchException(
          "%s has the SHA-256 %s, not the one that the feed names. Check the file, then add the feed again with its SHA-256."
              .formatted(feed.uri(), fetched.sha256()));
    }
    if (!feed.signedBy().isEmpty()) {
      Transport.Document signature =
          by.read(feed.signatureUri(), Validators.NONE, LARGEST_SIGNATURE);
      if (!(signature instanceof Transport.Document.Content content)) {
        throw new FetchException(
            "%s was not sent. Check the feed's signature there.".formatted(feed.signatureUri()));
      }
      var _ =
          Keyring.of("the feed's keyring", feed.signedBy(), Keyring.Sha1.REFUSED)
              .verify(
                  feed.uri(), file, content.bytes(), PGPSignature.BINARY_DOCUMENT, clock.instant());
    }
  }

  private void checked(String name, Validators validators) {
    database.useTransaction(handle ->
        handle
            .createUpdate(
                "UPDATE feed SET attempted_at = :now, checked_at = :now, error = NULL,"
                    + " validators = :validators WHERE name = :name")
            .bind("now", clock.millis())
            .bind("validators", JSON.writeValueAsString(validators))
            .bind("name", name)
            .execute());
  }

  private void store(Feed feed, String digest, Validators validators, FeedFacts said)
      throws IOException {
    Map<String, FeedSnapshots.Facts> packed = new LinkedHashMap<>();
    for (String platform : said.platforms()) {
      packed.put(platform, new FeedSnapshots.Facts(said.issues(platform), said.packed(platform)));
    }
    FeedSnapshot read = new FeedSnapshot(digest, clock.instant(), feed.verification(), Map.of());
    database.useTransaction(handle -> {
      int there =
          handle
              .createUpdate(
                  """
                  UPDATE feed SET attempted_at = :now, checked_at = :now, error = NULL,
                    validators = :validators
                   WHERE name = :name
                  """)
              .bind("now", read.readAt().toEpochMilli())
              .bind("validators", JSON.writeValueAsString(validators))
              .bind("name", feed.name())
              .execute();
      // It may have been removed meanwhile.
      if (there > 0) {
        String held = held(handle, feed.name());
        FeedSnapshots.add(handle, feed.name(), read, held, packed);
        if (held.isEmpty() || held.equals(digest)) {
          FeedSnapshots.use(handle, feed.name(), digest);
        }
      }
    });
  }

  /** Returns the digest of the snapshot that counts whatever is read later; empty for none. */
  private static String held(Handle handle, String name) {
    return handle
        .createQuery("SELECT COALESCE(held, '') FROM feed WHERE name = :name")
        .bind("name", name)
        .mapTo(String.class)
        .one();
  }

  /** Removes files of contents that no feed has as its newest. */
  private void removeOthers() throws IOException {
    Set<String> current = new HashSet<>();
    status().forEach(each -> each.newest().ifPresent(newest -> current.add(newest.digest())));
    try (Stream<Path> files = Files.list(directory)) {
      for (Path each : files.toList()) {
        String name = each.getFileName().toString();
        if (Sha256.isHex(name) && !current.contains(name)) {
          Files.deleteIfExists(each);
        }
      }
    }
  }

  /** Returns what the feeds say about a platform. */
  public PlatformFacts facts(String platform) {
    return facts.of(platform);
  }

  private FeedException unusable(IOException e) {
    return new FeedException(
        "The feeds in %s can't be used (%s). Free some space there, or fix the permissions."
            .formatted(directory, e),
        e);
  }
}
