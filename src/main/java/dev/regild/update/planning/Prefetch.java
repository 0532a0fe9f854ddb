package dev.regild.update.planning;

import static java.util.stream.Collectors.toSet;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.Snapshot;
import dev.regild.db.Database;
import dev.regild.disk.RoomReservations;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.files.Parallel;
import dev.regild.image.RefusedException;
import dev.regild.insight.Changelog;
import dev.regild.insight.Changelogs;
import dev.regild.insight.PackageNotes;
import dev.regild.insight.fleet.IndexedPackage;
import dev.regild.insight.fleet.PackageIndex;
import dev.regild.plan.PackageVersion;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the packages that updates of the existing images would change, and reads their
 * changelogs, so that dry runs have their CVEs. The packages stay in the cache, where the updates
 * find them. Whatever fails, it is only logged: what was not read is unknown.
 */
public final class Prefetch {
  private static final Logger LOG = LoggerFactory.getLogger(Prefetch.class);

  private static final int AT_ONCE = 3;

  /** Downloads. Then the mirror is taken for dead, until the next refresh. */
  private static final int MOST_FAILURES = 5;

  private static final Duration LONGEST = Duration.ofMinutes(30);

  /** A metapackage leads to the package that has the changelog, and no further. */
  private static final int MOST_ROUNDS = 2;

  private final Database database;
  private final UpdatePlans plans;
  private final Changelogs changelogs;
  private final SnapshotChangelogs known;
  private final PackageCache cache;
  private final RoomReservations room;
  private final Path directory;
  private final long mostBytes;

  /**
   * @param directory of the cache's file system
   * @param mostBytes that one run downloads
   */
  public Prefetch(
      Database database,
      UpdatePlans plans,
      Changelogs changelogs,
      SnapshotChangelogs known,
      PackageCache cache,
      RoomReservations room,
      Path directory,
      long mostBytes) {
    this.database = database;
    this.plans = plans;
    this.changelogs = changelogs;
    this.known = known;
    this.cache = cache;
    this.room = room;
    this.directory = directory;
    this.mostBytes = mostBytes;
  }

  /**
   * What a run came to.
   *
   * @param read files whose changelogs were read
   * @param failed files that could not be had or read
   * @param left files that the limits of size and time left out
   */
  public record Result(int read, int failed, int left) {}

  /** Fetches and reads what the images of a channel's platform would need. */
  public Result run(Channel channel) throws InterruptedException {
    try {
      Snapshot snapshot = plans.offerFor(channel.platform()).limited();
      return snapshot.system().notes().hasChangelogs()
          ? run(channel, snapshot)
          : new Result(0, 0, 0);
    } catch (ChannelException | RefusedException e) {
      LOG.atWarn()
          .addKeyValue("channel", channel.name())
          .addKeyValue("reason", e.getMessage())
          .log("changelogs are not prefetched");
      return new Result(0, 0, 0);
    }
  }

  private Result run(Channel channel, Snapshot snapshot)
      throws ChannelException, InterruptedException {
    Run run = new Run(snapshot);
    Set<PackageVersion> wanted = changes(channel.platform(), snapshot);
    for (int round = 0; round < MOST_ROUNDS && !wanted.isEmpty(); round++) {
      run.read(wanted);
      Set<PackageVersion> next = shared(known.find(snapshot, wanted).values());
      next.removeAll(wanted);
      wanted = next;
    }
    Result result = new Result(run.read.get(), run.failed.get(), run.left);
    if (result.read() + result.failed() + result.left() > 0) {
      LOG.atInfo()
          .addKeyValue("channel", channel.name())
          .addKeyValue("read", result.read())
          .addKeyValue("failed", result.failed())
          .addKeyValue("left", result.left())
          .log("changelogs prefetched");
    }
    return result;
  }

  /** Returns what updates would install in the place of what the images have. */
  private Set<PackageVersion> changes(String platform, Snapshot snapshot) {
    Set<PackageVersion> changes = new HashSet<>();
    for (IndexedPackage each : database.read(handle -> PackageIndex.inUse(handle, platform))) {
      snapshot
          .upgradeOf(each.installed())
          .ifPresent(to -> changes.add(new PackageVersion(each.name(), to)));
    }
    return changes;
  }

  private static Set<PackageVersion> shared(Collection<Changelog> read) {
    return read.stream()
        .filter(each -> !each.sharedWith().isEmpty())
        .map(each -> new PackageVersion(each.sharedWith(), each.version()))
        .collect(toSet());
  }

  /** One run, with what is left of its limits. */
  private final class Run {
    private final Snapshot snapshot;
    private final PackageNotes notes;
    private final long end = System.nanoTime() + LONGEST.toNanos();
    private final AtomicInteger read = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger notFetched = new AtomicInteger();
    private long bytesLeft = mostBytes;
    private int left;

    Run(Snapshot snapshot) {
      this.snapshot = snapshot;
      this.notes = snapshot.system().notes();
    }

    void read(Set<PackageVersion> wanted) throws ChannelException, InterruptedException {
      Set<PackageVersion> unknown = new HashSet<>(wanted);
      unknown.removeAll(known.find(snapshot, wanted).keySet());
      if (unknown.isEmpty()) {
        return;
      }
      List<Parallel.Task<Boolean, FetchException>> tasks = new ArrayList<>();
      chosen(snapshot.filesOf(unknown))
          .forEach((each, file) ->
              tasks.add(() -> {
                readOne(each, file);
                return true;
              }));
      try {
        Parallel.run(AT_ONCE, tasks);
      } catch (FetchException | IOException e) {
        throw new IllegalStateException("A task has failed that catches all.", e);
      }
    }

    /** The small ones first: a kernel must not keep the others out. */
    private Map<PackageVersion, PackageFile> chosen(Map<PackageVersion, PackageFile> files) {
      Map<PackageVersion, PackageFile> chosen = new LinkedHashMap<>();
      files.entrySet().stream()
          .sorted(Map.Entry.comparingByValue(Comparator.comparingLong(PackageFile::size)))
          .forEach(each -> {
            if (each.getValue().size() <= bytesLeft) {
              bytesLeft -= each.getValue().size();
              chosen.put(each.getKey(), each.getValue());
            } else {
              left++;
            }
          });
      return chosen;
    }

    private void readOne(PackageVersion each, PackageFile file) throws InterruptedException {
      if (notFetched.get() >= MOST_FAILURES || System.nanoTime() > end) {
        failed.incrementAndGet();
        return;
      }
      try (RoomReservations.Reservation _ = room.reserve(directory, file.size())) {
        Path path = cache.fetch(List.of(file), 1, _ -> {}).values().iterator().next();
        read(each, file, path);
      } catch (FetchException | IOException | RuntimeException e) {
        notFetched.incrementAndGet();
        failed(file, e);
      }
    }

    /** A damaged package is as damaged at the next refresh: that it is, is kept as well. */
    private void read(PackageVersion each, PackageFile file, Path path) {
      Optional<Changelog> changelog;
      try {
        changelog = notes.changelog(path);
        read.addAndGet(changelog.isPresent() ? 1 : 0);
      } catch (FileSystemException | InterruptedIOException e) {
        failed(file, e);
        return;
      } catch (IOException | RuntimeException e) {
        // Whatever a parser of foreign bytes does.
        failed(file, e);
        String why = "its package file is damaged";
        changelog = Optional.of(Changelog.unreadable(each.name(), each.version(), "", why));
      }
      changelog.ifPresent(it -> changelogs.keep(Map.of(file.hash(), it)));
    }

    private void failed(PackageFile file, Exception e) {
      failed.incrementAndGet();
      LOG.atInfo()
          .addKeyValue("file", file.fileName())
          .addKeyValue("reason", e.toString())
          .log("a package's changelog can't be prefetched");
    }
  }
}
