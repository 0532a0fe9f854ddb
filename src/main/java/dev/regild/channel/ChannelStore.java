package dev.regild.channel;

import dev.regild.fetch.ClientCertificate;
import dev.regild.fetch.ClientIdentities;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Transport;
import dev.regild.files.DurableFiles;
import dev.regild.files.FileStamp;
import dev.regild.files.FileTree;
import dev.regild.files.LockFile;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channels of one data directory and their snapshots. Other processes may change the same
 * directory at any time; each call sees what is there now. Beside a channel's file {@code
 * NAME.yaml} lie {@code NAME.current} (the digest of its snapshot), {@code NAME.state} (its last
 * refreshes), {@code NAME.lock}, and a Windows channel's {@code NAME.catalogue}.
 */
public final class ChannelStore {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelStore.class);

  /**
   * A snapshot may be about to become current, or was so a moment ago, and an update that is being
   * accepted has chosen it. Counts from {@link #keepAWhile}, or from its making.
   */
  private static final Duration PRUNE_GRACE = Duration.ofMinutes(10);

  private static final Duration UNFINISHED_GRACE = Duration.ofDays(1);

  private final Path directory;
  private final Path snapshots;
  private final Clock clock;
  private final Refresh refresh;
  private final ClientIdentities identities;
  private final SnapshotStore store;
  private final PackageSystems systems;
  private final ChannelFiles files;
  private final ConcurrentMap<String, Parsed> parsed = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Parsed.Bad> logged = new ConcurrentHashMap<>();

  /** Says that a platform has no channel, and how it gets one. */
  public static String noneFor(String platform) {
    return "No channel for %1$s. Add one: regild channel add NAME --platform %1$s"
        .formatted(platform);
  }

  /**
   * @param data the data directory; {@code channels} and {@code snapshots} are made in it
   */
  public ChannelStore(Path data, Clock clock) throws IOException {
    this(data, clock, Transport.in(data));
  }

  public ChannelStore(Path data, Clock clock, Transport transport) throws IOException {
    this(data, clock, transport, PackageSystems.installed());
  }

  /**
   * @param files keeps the channels' files the same on every node
   */
  public ChannelStore(Path data, Clock clock, ChannelFiles files) throws IOException {
    this(data, clock, Transport.in(data), PackageSystems.installed(), files);
  }

  ChannelStore(Path data, Clock clock, Transport transport, PackageSystems systems)
      throws IOException {
    this(data, clock, transport, systems, ChannelFiles.OF_ONE_NODE);
  }

  private ChannelStore(
      Path data, Clock clock, Transport transport, PackageSystems systems, ChannelFiles files)
      throws IOException {
    this.systems = systems;
    this.files = files;
    if (Files.notExists(data)) {
      PrivateDirectory.take(data);
    }
    this.directory = PrivateDirectory.within(data, "channels").path();
    this.snapshots = PrivateDirectory.within(data, "snapshots").path();
    this.clock = clock;
    this.refresh = new Refresh(transport, clock, directory, snapshots);
    this.identities = ClientIdentities.in(data);
    this.store = new SnapshotStore(snapshots, systems);
  }

  /** What a channel's file came to, as it was at that stamp. */
  private sealed interface Parsed {
    FileStamp stamp();

    record Good(FileStamp stamp, Channel channel) implements Parsed {}

    record Bad(FileStamp stamp, ChannelFile.Unusable content) implements Parsed {}
  }

  /** Every channel whose file can be read, by name; others are logged, and in {@link #status}. */
  public List<Channel> list() throws ChannelException {
    List<Channel> result = new ArrayList<>();
    for (String name : names()) {
      switch (parsed(name).orElse(null)) {
        case Parsed.Good good -> result.add(good.channel());
        case Parsed.Bad bad -> log(name, bad);
        case null -> {
          // It was removed in this moment.
        }
      }
    }
    return result;
  }

  /** Once for each state of the file: a server asks every few seconds. */
  private void log(String name, Parsed.Bad bad) {
    if (!bad.equals(logged.put(name, bad))) {
      LOG.atWarn()
          .addKeyValue("channel", name)
          .addKeyValue("reason", bad.content().why())
          .log("channel can't be read");
    }
  }

  /**
   * The channel of that name; empty if there is none.
   *
   * @throws ChannelException if its file is wrong; the message names file, key and remedy
   */
  public Optional<Channel> find(String name) throws ChannelException {
    checkName(name);
    files.look();
    return switch (parsed(name).orElse(null)) {
      case Parsed.Good good -> Optional.of(good.channel());
      case Parsed.Bad bad -> throw new ChannelException(bad.content().why());
      case null -> Optional.empty();
    };
  }

  /**
   * The channel of that name.
   *
   * @throws ChannelException if it does not exist, or its file is wrong
   */
  public Channel require(String name) throws ChannelException {
    return find(name).orElseThrow(() -> unknown(name));
  }

  /** Empty if there is no such file. */
  private Optional<Parsed> parsed(String name) throws ChannelException {
    try {
      Path file = file(name, ".yaml");
      Optional<FileStamp> stamp = FileStamp.of(file);
      if (stamp.isEmpty()) {
        parsed.remove(name);
        logged.remove(name);
        return Optional.empty();
      }
      Parsed known = parsed.get(name);
      if (known == null || !known.stamp().equals(stamp.get())) {
        known = parse(name, file, stamp.get());
      }
      return Optional.of(known);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private Parsed parse(String name, Path file, FileStamp stamp) {
    return switch (ChannelFile.read(name, file, systems)) {
      case ChannelFile.Usable(Channel channel) -> remembered(name, new Parsed.Good(stamp, channel));
      // Other rights make a file readable, and leave its stamp as it is.
      case ChannelFile.Unusable wrong when !wrong.isRead() -> new Parsed.Bad(stamp, wrong);
      case ChannelFile.Unusable wrong -> remembered(name, new Parsed.Bad(stamp, wrong));
    };
  }

  private Parsed remembered(String name, Parsed now) {
    parsed.put(name, now);
    return now;
  }

  /**
   * The first channel, by name, for images of that platform; empty if there is none.
   *
   * @throws ChannelException if that file is wrong, or may be that channel's: with another channel
   *     an image would get other updates than it was meant to
   */
  public Optional<Channel> forPlatform(String platform) throws ChannelException {
    for (String name : names()) {
      switch (parsed(name).orElse(null)) {
        case Parsed.Good good when good.channel().platform().equals(platform) -> {
          return Optional.of(good.channel());
        }
        case Parsed.Bad bad when bad.content().platform().orElse(platform).equals(platform) ->
            throw new ChannelException(bad.content().why());
        case Parsed _ -> {
          // It is for others.
        }
        case null -> {
          // It was removed in this moment.
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Adds a channel, without refreshing it.
   *
   * @throws ChannelException if there is one of that name
   */
  public void add(Channel channel) throws ChannelException, InterruptedException {
    add(channel, Optional.empty());
  }

  /**
   * Adds a channel whose repositories want to see a client certificate. It is copied; neither the
   * channel's file nor any snapshot has it.
   *
   * @throws ChannelException if there is one of that name, or the certificate can't be used
   */
  public void add(Channel channel, Optional<ClientCertificate> certificate)
      throws ChannelException, InterruptedException {
    pull();
    try (LockFile _ = LockFile.acquire(file(channel.name(), ".lock"))) {
      Path file = file(channel.name(), ".yaml");
      if (Files.exists(file)) {
        throw new ChannelException(
            "there is a channel '" + channel.name() + "'; remove it first, or edit " + file);
      }
      // What a crash may have left would be shown as this channel's.
      identities.remove(channel.name());
      try {
        if (certificate.isPresent()) {
          keep(certificate.get(), channel);
        }
        DurableFiles.write(file, ChannelFile.write(channel));
        files.push(channel.name());
      } catch (ChannelException | IOException | RuntimeException e) {
        Files.deleteIfExists(file);
        identities.remove(channel.name());
        throw e;
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private void keep(ClientCertificate certificate, Channel channel)
      throws ChannelException, IOException {
    List<String> uris =
        channel.sources().stream()
            .flatMap(source -> source.certificateScope(channel.platform()).stream())
            .distinct()
            .toList();
    if (uris.isEmpty()) {
      throw new ChannelException(
          "no repository of channel '"
              + channel.name()
              + "' is one of RPM packages by https, and a client certificate is shown to no other;"
              + " correct its URI, or leave the certificate out");
    }
    try {
      identities.keep(channel.name(), uris, certificate);
    } catch (FetchException e) {
      throw new ChannelException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Removes a channel and its client certificate; its snapshots stay until {@link #prune}.
   *
   * @throws ChannelException if there is none of that name
   */
  public void remove(String name) throws ChannelException, InterruptedException {
    pull();
    requireFile(name);
    try (LockFile _ = LockFile.acquire(file(name, ".lock"))) {
      removeFiles(name);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * Removes a channel unless it is being refreshed or changed; waits for nobody.
   *
   * @return whether it was removed
   * @throws ChannelException if there is none of that name
   */
  public boolean tryRemove(String name) throws ChannelException, InterruptedException {
    pull();
    requireFile(name);
    try {
      Optional<LockFile> lock = LockFile.tryAcquire(file(name, ".lock"));
      if (lock.isEmpty()) {
        return false;
      }
      try (LockFile _ = lock.get()) {
        removeFiles(name);
        return true;
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private void removeFiles(String name) throws ChannelException, IOException, InterruptedException {
    Files.deleteIfExists(file(name, ".yaml"));
    keepAWhile(SnapshotStore.digestIn(file(name, ".current")));
    Files.deleteIfExists(file(name, ".current"));
    Files.deleteIfExists(file(name, ".state"));
    identities.remove(name);
    for (PackageSystem system : systems.all()) {
      system.removeAll(directory, name);
    }
    parsed.remove(name);
    files.push(name);
  }

  /**
   * Looks at the channel's repositories and makes a new snapshot current if they changed. One
   * refresh of a channel runs at a time, whatever the process.
   *
   * @throws ChannelException if anything about the repositories isn't right; the last good snapshot
   *     stays current, and {@link #status} remembers why
   */
  public RefreshResult refresh(String name) throws ChannelException, InterruptedException {
    return refresh(name, RefreshOptions.NONE);
  }

  /** The same, made in a certain way. */
  public RefreshResult refresh(String name, RefreshOptions options)
      throws ChannelException, InterruptedException {
    pull();
    requireFile(name);
    try (LockFile _ = LockFile.acquire(file(name, ".lock"))) {
      RefreshState state = RefreshState.read(file(name, ".state"));
      Optional<String> before = SnapshotStore.digestIn(file(name, ".current"));
      try {
        RefreshResult result = refreshed(name, state, options);
        files.push(name);
        return result;
      } catch (ChannelException
          | FetchException
          | IOException
          | RuntimeException
          | StackOverflowError e) {
        // Remembered whatever it is: else the channel would be due again at once.
        String why =
            e instanceof ChannelException || e instanceof FetchException || e instanceof IOException
                ? String.valueOf(e.getMessage())
                : "what the repository says can't be read (" + e + "); use another mirror";
        state.failed(clock.instant(), why).write(file(name, ".state"));
        restoreCurrent(name, before);
        files.push(name);
        throw new ChannelException("channel '" + name + "' was not refreshed: " + why, e);
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Updates must not be planned with a snapshot that could not be handed on to other nodes. */
  private void restoreCurrent(String name, Optional<String> before) throws IOException {
    Path current = file(name, ".current");
    if (before.equals(SnapshotStore.digestIn(current))) {
      return;
    }
    if (before.isPresent()) {
      DurableFiles.write(current, before.get() + "\n");
    } else {
      Files.deleteIfExists(current);
    }
  }

  private RefreshResult refreshed(String name, RefreshState state, RefreshOptions options)
      throws ChannelException, FetchException, IOException, InterruptedException {
    Channel channel = require(name);
    Optional<String> before = SnapshotStore.digestIn(file(name, ".current"));
    Refresh.Outcome outcome = refresh.run(channel, before, state.validators(), options);
    RefreshState now = state.succeeded(clock.instant(), outcome.validators(), outcome.notices());
    if (before.equals(Optional.of(outcome.digest()))) {
      now.write(file(name, ".state"));
      return new RefreshResult.Unchanged(outcome.digest(), outcome.notices());
    }
    // Reading it proves that it can be read, before anything depends on it.
    Snapshot snapshot = store.load(outcome.digest());
    keepAWhile(before);
    DurableFiles.write(file(name, ".current"), outcome.digest() + "\n");
    now.write(file(name, ".state"));
    return new RefreshResult.NewSnapshot(
        outcome.digest(),
        snapshot.size(),
        outcome.downloadedFiles(),
        outcome.downloadedBytes(),
        outcome.notices());
  }

  /**
   * Hands on to other nodes what was changed in a channel's files, such as its catalogue. The
   * caller holds the channel's lock.
   *
   * @throws ChannelException if another node has changed the channel at the same time
   */
  public void handOn(String name) throws ChannelException, IOException, InterruptedException {
    files.push(name);
  }

  private void pull() throws ChannelException, InterruptedException {
    try {
      files.pull();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Before a snapshot stops being current. */
  private void keepAWhile(Optional<String> digest) throws IOException {
    Optional<Path> snapshot = digest.map(snapshots::resolve).filter(Files::isDirectory);
    if (snapshot.isPresent()) {
      Files.setLastModifiedTime(snapshot.get(), FileTime.from(Instant.now()));
    }
  }

  /** Returns the directory of the channels' files. */
  public Path directory() {
    return directory;
  }

  /** The channels whose last refresh, good or not, is longer ago than their interval. */
  public List<Channel> due() throws ChannelException {
    List<Channel> result = new ArrayList<>();
    Instant now = clock.instant();
    for (Channel channel : list()) {
      RefreshState state = state(channel.name());
      boolean fresh =
          state
              .attemptedAt()
              .filter(at -> at.plus(pauseAfter(state, channel)).isAfter(now))
              .isPresent();
      if (!fresh) {
        result.add(channel);
      }
    }
    return result;
  }

  /** A server that was away when its channel was due for the day may be back in an hour. */
  private static Duration pauseAfter(RefreshState state, Channel channel) {
    Duration usual = channel.refreshInterval();
    Duration again = Channel.DEFAULT_REFRESH_INTERVAL;
    return state.error().isPresent() && usual.compareTo(again) > 0 ? again : usual;
  }

  /**
   * When each channel was last refreshed well; of one that never was, when its file was last
   * changed.
   */
  public Map<String, Instant> freshness() throws ChannelException {
    Map<String, Instant> result = new TreeMap<>();
    for (Channel channel : list()) {
      String name = channel.name();
      Optional<Instant> refreshed = state(name).checkedAt();
      try {
        result.put(
            name,
            refreshed.isPresent()
                ? refreshed.get()
                : Files.getLastModifiedTime(file(name, ".yaml")).toInstant());
      } catch (NoSuchFileException e) {
        // It was removed in this moment.
      } catch (IOException e) {
        throw unusable(e);
      }
    }
    return result;
  }

  /**
   * The snapshot that updates are planned with; empty before the first refresh. Once loaded it
   * costs one stat of a file.
   */
  public Optional<Snapshot> current(String name) throws ChannelException {
    checkName(name);
    files.look();
    try {
      return store.at(file(name, ".current"));
    } catch (IOException e) {
      throw new ChannelException(
          "the snapshot of channel '" + name + "' can't be read (" + e + "); refresh the channel",
          e);
    }
  }

  /**
   * Returns the digest of a channel's current snapshot, without reading it; empty before the first
   * refresh.
   */
  public Optional<String> currentDigest(String name) throws ChannelException {
    checkName(name);
    files.look();
    try {
      return SnapshotStore.digestIn(file(name, ".current"));
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Returns where a snapshot is, if it is kept. */
  Path snapshotDirectory(String digest) {
    return snapshots.resolve(digest);
  }

  /** Returns when a snapshot was made, without reading its indexes; empty if it is not kept. */
  public Optional<Instant> madeAt(String digest) throws ChannelException {
    try {
      return isKept(digest)
          ? Optional.of(SnapshotManifest.read(snapshots.resolve(digest)).createdAt())
          : Optional.empty();
    } catch (IOException e) {
      throw unreadable(digest, e);
    }
  }

  private boolean isKept(String digest) throws ChannelException, IOException {
    try {
      return Sha256.isHex(digest)
          && (Files.isDirectory(snapshots.resolve(digest)) || files.bring(digest));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ChannelException("interrupted while reading the snapshot " + digest, e);
    }
  }

  private static ChannelException unreadable(String digest, IOException e) {
    return new ChannelException(
        "the snapshot " + digest + " can't be read (" + e + "); refresh its channel", e);
  }

  /** An older snapshot that was not pruned, as a job that is pinned to it needs; else empty. */
  public Optional<Snapshot> snapshot(String digest) throws ChannelException {
    try {
      return isKept(digest) ? Optional.of(store.load(digest)) : Optional.empty();
    } catch (IOException e) {
      throw unreadable(digest, e);
    }
  }

  /** How every channel does, those with a wrong file included. */
  public List<ChannelStatus> status() throws ChannelException {
    List<ChannelStatus> result = new ArrayList<>();
    for (String name : names()) {
      switch (parsed(name).orElse(null)) {
        case Parsed.Good good -> result.add(status(name, Optional.of(good.channel()), ""));
        case Parsed.Bad bad -> result.add(status(name, Optional.empty(), bad.content().why()));
        case null -> {
          // It was removed in this moment.
        }
      }
    }
    return result;
  }

  private ChannelStatus status(String name, Optional<Channel> channel, String wrong)
      throws ChannelException {
    RefreshState state = state(name);
    Optional<String> error = wrong.isEmpty() ? state.error() : Optional.of(wrong);
    Optional<Instant> snapshotAt = Optional.empty();
    Optional<String> digest = Optional.empty();
    try {
      digest = SnapshotStore.digestIn(file(name, ".current"));
      if (digest.isPresent()) {
        snapshotAt =
            Optional.of(SnapshotManifest.read(snapshots.resolve(digest.get())).createdAt());
      }
    } catch (IOException e) {
      error = error.or(() -> Optional.of(String.valueOf(e.getMessage())));
    }
    return new ChannelStatus(
        name,
        channel,
        digest,
        snapshotAt,
        state.checkedAt(),
        state.attemptedAt(),
        error,
        state.notices());
  }

  /**
   * Removes the snapshots that no channel has current and no caller needs.
   *
   * @param inUse digests to keep
   * @return the digests that were removed
   */
  public Set<String> prune(Set<String> inUse) throws ChannelException {
    files.prune(inUse);
    try {
      Set<String> kept = new HashSet<>(inUse);
      for (String name : names()) {
        SnapshotStore.digestIn(file(name, ".current")).ifPresent(kept::add);
      }
      Set<String> removed = new HashSet<>();
      for (Path each : children(snapshots)) {
        String name = each.getFileName().toString();
        boolean unfinished = name.startsWith(Refresh.UNFINISHED);
        if (!kept.contains(name)
            && isOlderThan(unfinished ? UNFINISHED_GRACE : PRUNE_GRACE, each)) {
          FileTree.remove(each);
          removed.add(name);
        }
      }
      return removed;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private static boolean isOlderThan(Duration age, Path path) throws IOException {
    return Files.getLastModifiedTime(path).toInstant().isBefore(Instant.now().minus(age));
  }

  private RefreshState state(String name) throws ChannelException {
    try {
      return RefreshState.read(file(name, ".state"));
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private List<String> names() throws ChannelException {
    files.look();
    try {
      return children(directory).stream()
          .map(path -> path.getFileName().toString())
          .filter(file -> file.endsWith(".yaml") && !file.startsWith("."))
          .map(file -> file.substring(0, file.length() - ".yaml".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private static List<Path> children(Path directory) throws IOException {
    try (Stream<Path> children = Files.list(directory)) {
      return children.toList();
    }
  }

  private static void checkName(String name) throws ChannelException {
    try {
      Channel.checkName(name);
    } catch (IllegalArgumentException e) {
      throw new ChannelException(String.valueOf(e.getMessage()), e);
    }
  }

  private void requireFile(String name) throws ChannelException {
    checkName(name);
    if (!Files.exists(file(name, ".yaml"))) {
      throw unknown(name);
    }
  }

  private static ChannelException unknown(String name) {
    return new ChannelException(
        "Channel " + name + " does not exist; 'regild channel list' shows the channels");
  }

  private Path file(String name, String suffix) {
    return directory.resolve(name + suffix);
  }

  private ChannelException unusable(IOException e) {
    return new ChannelException(
        "the channels in "
            + directory
            + " can't be used ("
            + e
            + "); free some space there, or fix the permissions",
        e);
  }
}
