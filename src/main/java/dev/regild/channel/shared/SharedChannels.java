package dev.regild.channel.shared;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelFiles;
import dev.regild.channel.shared.ChannelRows.ChannelRow;
import dev.regild.db.Database;
import dev.regild.files.LockFile;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Channels whose definitions, credentials, catalogues and snapshots are in the database and the
 * store. The files in a node's data directory are copies, so all that reads channels stays as it
 * is. A change is made in the files here, and then handed on in one transaction, which fails if
 * another node has changed the same channel meanwhile.
 */
public final class SharedChannels implements ChannelFiles {
  private static final Logger LOG = LoggerFactory.getLogger(SharedChannels.class);

  /** How long a reader may go without asking the database whether anything has changed. */
  private static final Duration FRESH = Duration.ofMillis(500);

  /** How long what could not be taken is not tried again, unless something changes. */
  private static final Duration PAUSE = Duration.ofSeconds(30);

  /** How long a reader waits for what others have changed. */
  private static final Duration WAIT = Duration.ofSeconds(5);

  /** An update that is being accepted may have chosen a snapshot that was current until now. */
  private static final Duration SNAPSHOT_GRACE = Duration.ofMinutes(10);

  private final Database database;
  private final LocalChannels local;
  private final SharedSnapshots snapshots;
  private final ContentStore contents;
  private final Seal seal;

  private final AtomicReference<@Nullable CompletableFuture<Void>> pulling =
      new AtomicReference<>();
  private final Object oneAtATime = new Object();
  private final Map<String, Long> revisions = new HashMap<>();

  /** Channels whose files here have changes that could not be handed on. */
  private final Set<String> stale = new HashSet<>();

  private volatile long looked = System.nanoTime() - FRESH.toNanos();
  private volatile long pulled = -1;
  private volatile @Nullable Failure failure;

  /**
   * @param data the data directory with this node's copies
   */
  public SharedChannels(Database database, ContentStore contents, Seal seal, Path data)
      throws IOException {
    this.database = database;
    this.contents = contents;
    this.seal = seal;
    this.local = new LocalChannels(data);
    this.snapshots = new SharedSnapshots(database, contents, data.resolve("snapshots"));
  }

  /** Whether the channels of a data directory are copies of what is in a store. */
  public static boolean areIn(Path data) {
    return LocalChannels.areIn(data);
  }

  @Override
  public void look() {
    if (database.isInTransaction() || System.nanoTime() - looked < FRESH.toNanos()) {
      return;
    }
    looked = System.nanoTime();
    long now = database.read(ChannelRows::revision);
    Failure before = failure;
    if (now == pulled || (before != null && before.isOfLate(now))) {
      return;
    }
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> running = pulling.compareAndExchange(null, mine);
    if (running == null) {
      running = mine;
      Thread.ofVirtual().name("channel-pull").start(() -> pullFor(mine));
    }
    await(running);
  }

  /** When what others have changed up to a revision could not be taken. */
  private record Failure(long revision, long at) {
    boolean isOfLate(long now) {
      return now == revision && System.nanoTime() - at < PAUSE.toNanos();
    }
  }

  private void pullFor(CompletableFuture<Void> waiting) {
    try {
      pull();
    } catch (InterruptedException | IOException | RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("reason", e.toString())
          .log("changes of channels could not be read; this node continues with what it has");
    } finally {
      pulling.set(null);
      waiting.complete(null);
    }
  }

  private static void await(CompletableFuture<Void> running) {
    try {
      running.get(WAIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The reader goes on with what is here.
    }
  }

  @Override
  public void pull() throws IOException, InterruptedException {
    synchronized (oneAtATime) {
      Rows rows = database.inTransaction(Rows::read);
      if (!local.areCopies() || rows.isUnused()) {
        adopt();
        rows = database.inTransaction(Rows::read);
      }
      if (rows.revision() == pulled) {
        return;
      }
      if (take(rows)) {
        pulled = rows.revision();
      }
    }
  }

  /** What all channels are at one moment. */
  private record Rows(
      long revision,
      List<ChannelRow> channels,
      Map<String, byte[]> secrets,
      Map<String, Map<String, ObjectRecord>> catalogues) {
    static Rows read(Handle handle) {
      List<ChannelRow> channels = ChannelRows.channels(handle);
      Map<String, Map<String, ObjectRecord>> catalogues = new HashMap<>();
      channels.forEach(
          channel -> catalogues.put(channel.name(), ChannelRows.catalogue(handle, channel.name())));
      return new Rows(
          ChannelRows.revision(handle), channels, ChannelRows.secrets(handle), catalogues);
    }

    /** Whether nobody has ever put anything there. */
    boolean isUnused() {
      return revision == 0 && channels.isEmpty();
    }
  }

  /**
   * Puts what a data directory has into the store, unless that has it already. Until all of it is
   * there nothing here is a copy that may go, so an interrupted adoption goes on at the next start.
   */
  private void adopt() throws IOException, InterruptedException {
    try (LockFile _ = LockFile.acquire(local.adoption())) {
      // Another process may have been faster.
      if (local.areCopies() && !database.inTransaction(Rows::read).isUnused()) {
        return;
      }
      local.setCopies(false);
      int channels = 0;
      for (String channel : local.names()) {
        try (LockFile _ = LockFile.acquire(local.lock(channel))) {
          if (adopt(channel)) {
            channels++;
          }
        }
      }
      for (String digest : snapshots.here()) {
        if (database.read(handle -> ChannelRows.snapshot(handle, digest)).isEmpty()) {
          keepSnapshot(digest);
        }
      }
      adoptCredentials();
      local.setCopies(true);
      LOG.atInfo().addKeyValue("channels", channels).log("channels put into the store");
    }
  }

  /** Returns false if there is such a channel already. */
  private boolean adopt(String channel) throws IOException, InterruptedException {
    if (database.read(handle -> ChannelRows.channel(handle, channel)).isEmpty()) {
      revisions.remove(channel);
      try {
        push(channel);
        return true;
      } catch (ChannelException e) {
        LOG.atInfo().addKeyValue("channel", channel).log("another node has put it there");
      }
    }
    if (!isAsInStore(channel)) {
      Path aside = local.setAside(channel);
      LOG.atWarn()
          .addKeyValue("channel", channel)
          .addKeyValue("directory", aside)
          .log("the store has another channel of this name; the one here was moved");
    }
    return false;
  }

  /** Whether the store has all that cannot be made again. */
  private boolean isAsInStore(String channel) throws IOException {
    Rows rows = database.inTransaction(Rows::read);
    Optional<String> definition =
        rows.channels().stream()
            .filter(row -> row.name().equals(channel))
            .map(ChannelRow::definition)
            .findFirst();
    if (!local.read(channel).map(LocalChannels.Content::definition).equals(definition)) {
      return false;
    }
    Map<String, ObjectRecord> catalogue = rows.catalogues().getOrDefault(channel, Map.of());
    for (Map.Entry<String, Path> file : local.catalogue(channel).entrySet()) {
      ObjectRecord object = catalogue.get(file.getKey());
      if (object == null || !local.isSame(file.getValue(), object)) {
        return false;
      }
    }
    for (Map.Entry<String, byte[]> secret : local.secrets(channel).entrySet()) {
      if (!isSecretInStore(rows, secret.getKey(), secret.getValue())) {
        return false;
      }
    }
    return true;
  }

  private boolean isSecretInStore(Rows rows, String path, byte[] content) {
    byte[] sealed = rows.secrets().get(path);
    return sealed != null && Arrays.equals(seal.open(path, sealed), content);
  }

  private void adoptCredentials() throws IOException {
    Map<String, byte[]> secrets = local.sharedSecrets();
    database.useTransaction(handle -> {
      Set<String> there = ChannelRows.secrets(handle).keySet();
      secrets.forEach((path, content) -> {
        if (!there.contains(path)) {
          ChannelRows.writeSecret(handle, path, seal.seal(path, content));
        }
      });
      ChannelRows.count(handle);
    });
    Rows rows = database.inTransaction(Rows::read);
    for (Map.Entry<String, byte[]> secret : secrets.entrySet()) {
      if (!isSecretInStore(rows, secret.getKey(), secret.getValue())) {
        Path aside = local.setCredentialsAside();
        LOG.atWarn()
            .addKeyValue("directory", aside)
            .log("the store has another auth.conf; the one here was moved");
      }
    }
  }

  /**
   * Puts all channels of the data directory into the store, with their secrets and all snapshots,
   * and replaces what is there of the same names. The data directory stays what it is.
   *
   * @return how many there are
   */
  public int takeOver() throws IOException, InterruptedException {
    database.read(ChannelRows::channels).forEach(row -> revisions.put(row.name(), row.revision()));
    List<String> names = local.names();
    for (String channel : names) {
      try {
        push(channel);
      } catch (ChannelException e) {
        LOG.atInfo().addKeyValue("channel", channel).log("another node has put it there");
      }
    }
    for (String digest : snapshots.here()) {
      keepSnapshot(digest);
    }
    Map<String, byte[]> secrets = local.sharedSecrets();
    database.useTransaction(handle -> {
      secrets.forEach(
          (path, content) -> ChannelRows.writeSecret(handle, path, seal.seal(path, content)));
      ChannelRows.count(handle);
    });
    return names.size();
  }

  private void keepSnapshot(String digest) throws IOException, InterruptedException {
    Map<String, ObjectRecord> files = snapshots.keep(digest);
    database.useTransaction(handle -> ChannelRows.writeSnapshot(handle, digest, files));
  }

  /**
   * Takes what can be taken. One channel that cannot, as its file in the store is damaged, keeps no
   * other from this node, nor the node from its start.
   *
   * @return whether all was taken; a channel that is being changed here is not, if there is
   *     anything new about it
   */
  private boolean take(Rows rows) throws IOException, InterruptedException {
    boolean all = true;
    boolean good = true;
    Set<String> names = new TreeSet<>(local.names());
    Map<String, ChannelRow> byName = new HashMap<>();
    rows.channels().forEach(row -> byName.put(row.name(), row));
    names.addAll(byName.keySet());
    names.addAll(local.certified());
    try {
      local.writeCredentials(
          Optional.ofNullable(
              opened(rows, LocalChannels.CREDENTIALS::equals).get(LocalChannels.CREDENTIALS)));
    } catch (IOException | RuntimeException e) {
      good = false;
      LOG.atWarn()
          .addKeyValue("reason", e.toString())
          .log("credentials of channels could not be taken over; this node has the earlier ones");
    }
    for (String name : names) {
      try {
        all &= take(name, Optional.ofNullable(byName.get(name)), rows);
      } catch (IOException | RuntimeException e) {
        good = false;
        LOG.atWarn()
            .addKeyValue("channel", name)
            .addKeyValue("reason", e.toString())
            .log("channel could not be taken over; this node has its earlier state");
      }
    }
    failure = good ? null : new Failure(rows.revision(), System.nanoTime());
    return all && good;
  }

  /** Whether this state was taken or handed on already: its large files need not be read again. */
  private boolean isKnown(String name, Optional<ChannelRow> row) {
    return row.isPresent()
        && revisions.getOrDefault(name, -1L) == row.get().revision()
        && !stale.contains(name);
  }

  /** Returns false if the channel is being changed here, and others have changed it. */
  private boolean take(String name, Optional<ChannelRow> row, Rows rows)
      throws IOException, InterruptedException {
    boolean known = isKnown(name, row);
    Optional<String> snapshot = row.flatMap(ChannelRow::snapshot);
    if (snapshot.isPresent()) {
      // Before the channel points to it.
      var _ = bring(snapshot.get());
      if (!known) {
        snapshots.takeManifest(snapshot.get());
      }
    }
    Optional<LockFile> lock = LockFile.tryAcquire(local.lock(name));
    if (lock.isEmpty()) {
      return known;
    }
    try (LockFile _ = lock.get()) {
      if (row.isEmpty()) {
        local.remove(name);
        local.writeCertificates(name, Map.of());
        revisions.remove(name);
      } else {
        takeCatalogue(name, rows.catalogues().getOrDefault(name, Map.of()), known);
        // A repository is not asked without it.
        local.writeCertificates(name, opened(rows, path -> LocalChannels.isSecretOf(name, path)));
        local.write(row.get());
        revisions.put(name, row.get().revision());
      }
      stale.remove(name);
    }
    return true;
  }

  private Map<String, byte[]> opened(Rows rows, Predicate<String> which) {
    Map<String, byte[]> secrets = new HashMap<>();
    rows.secrets()
        .forEach((path, sealed) -> {
          if (which.test(path)) {
            secrets.put(path, seal.open(path, sealed));
          }
        });
    return secrets;
  }

  private void takeCatalogue(String channel, Map<String, ObjectRecord> files, boolean known)
      throws IOException, InterruptedException {
    for (Map.Entry<String, ObjectRecord> file : files.entrySet()) {
      Path target = local.catalogueFile(channel, file.getKey());
      boolean same =
          known ? local.hasSize(target, file.getValue()) : local.isSame(target, file.getValue());
      if (!same) {
        contents.fetch(
            file.getValue(),
            "The file %s of the catalogue of channel '%s'".formatted(file.getKey(), channel),
            local.incoming(target));
        local.arrived(target);
      }
    }
    local.keepOnly(channel, files.keySet());
  }

  @Override
  public void push(String channel) throws ChannelException, IOException, InterruptedException {
    boolean done = false;
    try {
      publish(channel);
      done = true;
    } finally {
      if (!done) {
        // What is here is not what the others have: the next pull writes the files again.
        synchronized (oneAtATime) {
          stale.add(channel);
          pulled = -1;
          failure = null;
        }
      }
    }
  }

  private void publish(String channel) throws ChannelException, IOException, InterruptedException {
    Optional<LocalChannels.Content> files = local.read(channel);
    Optional<String> digest = files.flatMap(LocalChannels.Content::snapshot);
    Map<String, ObjectRecord> snapshot =
        digest.isPresent() ? snapshots.keep(digest.get()) : Map.of();
    Map<String, ObjectRecord> catalogue = new HashMap<>();
    for (Map.Entry<String, Path> file : local.catalogue(channel).entrySet()) {
      catalogue.put(file.getKey(), contents.keep(file.getValue()));
    }
    Map<String, byte[]> secrets = local.secrets(channel);
    synchronized (oneAtATime) {
      long known = revisions.getOrDefault(channel, 0L);
      long revision =
          database.inTransaction(handle -> {
            ChannelRows.count(handle);
            // Of all channels together: one that was removed and added again gets a number that it
            // never had.
            long next = ChannelRows.revision(handle);
            Optional<ChannelRow> before = ChannelRows.channel(handle, channel);
            if (before.map(ChannelRow::revision).orElse(0L) != known) {
              throw new ChannelException(
                  "channel '%s' was changed by another node at the same time; look at it with 'regild channel list', and try again"
                      .formatted(channel));
            }
            Optional<String> old = before.flatMap(ChannelRow::snapshot);
            old.ifPresent(it -> ChannelRows.keep(handle, it));
            if (files.isEmpty()) {
              ChannelRows.delete(handle, channel);
            } else {
              digest.ifPresent(it -> ChannelRows.writeSnapshot(handle, it, snapshot));
              ChannelRows.write(handle, files.get().row(channel, next));
              ChannelRows.writeCatalogue(handle, channel, catalogue);
            }
            ChannelRows.secrets(handle).keySet().stream()
                .filter(path -> LocalChannels.isSecretOf(channel, path))
                .filter(path -> !secrets.containsKey(path))
                .forEach(path -> ChannelRows.deleteSecret(handle, path));
            secrets.forEach(
                (path, content) -> ChannelRows.writeSecret(handle, path, seal.seal(path, content)));
            return next;
          });
      if (files.isEmpty()) {
        revisions.remove(channel);
      } else {
        revisions.put(channel, revision);
      }
      stale.remove(channel);
    }
  }

  /**
   * Replaces the credentials of repositories ({@code auth.conf}) on every node.
   *
   * @param content the new file
   */
  public void writeCredentials(String content) throws IOException, InterruptedException {
    String path = LocalChannels.CREDENTIALS;
    byte[] sealed = seal.seal(path, content.getBytes(UTF_8));
    database.useTransaction(handle -> {
      ChannelRows.writeSecret(handle, path, sealed);
      ChannelRows.count(handle);
    });
    pull();
  }

  @Override
  public boolean bring(String digest) throws IOException, InterruptedException {
    return snapshots.bring(digest);
  }

  @Override
  public void prune(Set<String> inUse) {
    database.useTransaction(handle -> ChannelRows.forget(handle, inUse, SNAPSHOT_GRACE));
  }
}
