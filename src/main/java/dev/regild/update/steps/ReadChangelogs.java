package dev.regild.update.steps;

import static java.util.stream.Collectors.toMap;

import dev.regild.feed.FeedChangelogs;
import dev.regild.fetch.PackageFile;
import dev.regild.insight.Changelog;
import dev.regild.insight.Changelogs;
import dev.regild.insight.FixFinder;
import dev.regild.insight.Fixes;
import dev.regild.insight.PackageNotes;
import dev.regild.insight.Replacement;
import dev.regild.plan.Advisory;
import dev.regild.plan.Change;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.PackageVersion;
import dev.regild.servicing.Transaction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the changelogs of the packages that an update installs, each file once, beside the
 * downloads and beside Apply. Whatever is in them, the update continues.
 */
public final class ReadChangelogs {
  private static final Logger LOG = LoggerFactory.getLogger(ReadChangelogs.class);
  private static final int AT_ONCE = Math.max(2, Runtime.getRuntime().availableProcessors());

  /** After Apply. The largest packages take some seconds. */
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);

  private final Changelogs changelogs;
  private final FeedChangelogs feeds;

  /**
   * @param feeds say what packages without a changelog fix
   */
  public ReadChangelogs(Changelogs changelogs, FeedChangelogs feeds) {
    this.changelogs = changelogs;
    this.feeds = feeds;
  }

  /**
   * Begins to read.
   *
   * @param files of the update; those that were read before are not read again
   */
  Reading begin(Update update, Transaction transaction, Collection<PackageFile> files) {
    Map<String, Changelog> known =
        changelogs.find(files.stream().map(PackageFile::hash).distinct().toList());
    return new Reading(update, transaction, known);
  }

  /** The reading of one update's files. */
  final class Reading implements PendingFixes {
    private final Update update;
    private final Transaction transaction;
    private final PackageNotes notes;
    private final Map<String, Changelog> known;
    private final Map<String, Changelog> read = new ConcurrentHashMap<>();

    /**
     * Threads of the operating system: to parse takes a processor for seconds. Virtual threads
     * would keep all carriers, and transactions of other virtual threads would be idle until the
     * database ends them.
     */
    private final ExecutorService threads =
        Executors.newFixedThreadPool(
            AT_ONCE, Thread.ofPlatform().daemon(true).name("changelogs-", 0).factory());

    private final List<Future<?>> tasks = new ArrayList<>();

    private Reading(Update update, Transaction transaction, Map<String, Changelog> known) {
      this.update = update;
      this.transaction = transaction;
      this.notes = update.snapshot().system().notes();
      this.known = known;
    }

    /** Has a file read, and does not wait for it. */
    void add(PackageFile file, Path path) {
      if (!known.containsKey(file.hash())) {
        Future<?> task =
            threads.submit(() -> {
              ReadChangelogs.read(notes, file, path).ifPresent(each -> read.put(file.hash(), each));
              return true;
            });
        synchronized (tasks) {
          tasks.add(task);
        }
      }
    }

    @Override
    public boolean isDone() {
      synchronized (tasks) {
        return tasks.stream().allMatch(Future::isDone);
      }
    }

    @Override
    public Fixes await() throws InterruptedException {
      threads.shutdown();
      if (!threads.awaitTermination(LONGEST_WAIT.toSeconds(), TimeUnit.SECONDS)) {
        threads.shutdownNow();
        LOG.atWarn()
            .addKeyValue("image", update.newImage().name())
            .log("some changelogs take too long to read");
      }
      changelogs.keep(Map.copyOf(read));
      List<Changelog> all = new ArrayList<>(known.values());
      all.addAll(read.values());
      return fixes(update, transaction, notes, all, feeds);
    }

    @Override
    public void close() {
      threads.shutdownNow();
    }
  }

  private static Fixes fixes(
      Update update,
      Transaction transaction,
      PackageNotes notes,
      Collection<Changelog> read,
      FeedChangelogs feeds) {
    PackageFamily family = update.snapshot().family();
    FeedChangelogs.OfPlatform said =
        feeds.of(update.inventory().os().platform(), update.snapshot().system());
    Map<String, List<Advisory>> advisories =
        update.plan().changes().stream()
            .collect(toMap(Change::name, Change::advisories, (first, _) -> first));
    List<Replacement> replacements =
        transaction.installs().stream()
            .map(each -> {
              String name = each.name().replaceFirst(":.*", "");
              return said.withCves(
                  new Replacement(
                      name, each.from(), each.to(), advisories.getOrDefault(name, List.of())));
            })
            .toList();
    return new FixFinder(
            notes,
            family,
            update.inventory().packages(),
            each ->
                of(notes, read, each, family)
                    .or(() -> said.changelog(new PackageVersion(each.name(), each.to()))))
        .find(replacements);
  }

  private static Optional<Changelog> read(PackageNotes notes, PackageFile file, Path path) {
    try {
      return notes.changelog(path);
    } catch (IOException | RuntimeException e) {
      // Whatever a parser of foreign bytes throws must not fail the update.
      LOG.atWarn()
          .addKeyValue("file", file.fileName())
          .addKeyValue("reason", e.toString())
          .log("a package's changelog can't be read");
      return Optional.empty();
    }
  }

  /** A missing changelog could not be read, if the system's files have changelogs. */
  private static Optional<Changelog> of(
      PackageNotes notes, Collection<Changelog> read, Replacement each, PackageFamily family) {
    Optional<Changelog> found =
        read.stream()
            .filter(it ->
                it.name().equals(each.name())
                    && family.order().compare(it.version(), each.to()) == 0)
            .findFirst();
    return found.isPresent() || !notes.hasChangelogs()
        ? found
        : Optional.of(
            Changelog.unreadable(each.name(), each.to(), "", "its package file can't be read"));
  }
}
