package dev.regild.server;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.EarlierSnapshots;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.ring.RingRecords;
import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.fetch.PackageCache;
import dev.regild.image.jobs.UpdateRecord;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.update.planning.FilesAhead;
import dev.regild.update.planning.Prefetch;
import dev.regild.update.planning.RegistryRefresh;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refreshes every channel when it is due, and removes snapshots that are not kept any more and
 * packages that no update has asked for in a month. Channels are refreshed side by side, so that
 * one whose mirror is slow or dead delays no other. After a refresh, changelogs are prefetched.
 */
final class ChannelRefresh implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelRefresh.class);

  /** More than a server has channels; it bounds what a broken directory of channels can start. */
  private static final int MOST_AT_ONCE = 64;

  static final RecurringWork.Pauses USUAL =
      new RecurringWork.Pauses(Duration.ofSeconds(5), Duration.ofSeconds(20));

  private static final Duration PACKAGES_KEPT = Duration.ofDays(30);
  private static final Duration END_LIMIT = Duration.ofSeconds(1);

  private final ChannelStore channels;
  private final EarlierSnapshots earlier;
  private final Optional<Ahead> ahead;
  private final RegistryRefresh refreshing;
  private final Database database;
  private final UpdateRecords updates;
  private final PackageCache packages;
  private final Clock clock;

  /** Why the last refresh of a channel failed, by its name. */
  private final Map<String, String> failing = new ConcurrentHashMap<>();

  private final Turns turns;
  private final RecurringWork looks;
  private final ExecutorService refreshes =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("channel-refresh-", 0).factory());
  private final Semaphore places = new Semaphore(MOST_AT_ONCE);

  /** One channel at a time, so that prefetching takes little of the line and of the processors. */
  private final Semaphore prefetching = new Semaphore(1);

  /** The same for large files, for which the changelogs of other channels do not wait. */
  private final Semaphore fetchingAhead = new Semaphore(1);

  /** The names of the channels that are being refreshed. */
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();

  /** Whether something may be left over since the last look. */
  private final AtomicBoolean refreshed = new AtomicBoolean();

  private final AtomicBoolean newSnapshot = new AtomicBoolean();
  private volatile Map<String, Instant> freshness = Map.of();

  /** What is downloaded before an update needs it. */
  record Ahead(Prefetch changelogs, FilesAhead files) {}

  private ChannelRefresh(
      ChannelStore channels,
      EarlierSnapshots earlier,
      Optional<Ahead> ahead,
      RegistryRefresh refreshing,
      Database database,
      UpdateRecords updates,
      PackageCache packages,
      Clock clock,
      Turns turns,
      RecurringWork.Pauses pauses) {
    this.refreshing = refreshing;
    this.channels = channels;
    this.earlier = earlier;
    this.ahead = ahead;
    this.database = database;
    this.updates = updates;
    this.packages = packages;
    this.clock = clock;
    this.turns = turns;
    // Each node looks; a channel is refreshed in turn.
    this.looks = new RecurringWork("channel-refresh", pauses, Turns.ALONE, this::look);
  }

  static ChannelRefresh start(
      ChannelStore channels,
      EarlierSnapshots earlier,
      Optional<Ahead> ahead,
      RegistryRefresh refreshing,
      Database database,
      UpdateRecords updates,
      PackageCache packages,
      Clock clock,
      Turns turns,
      RecurringWork.Pauses pauses) {
    ChannelRefresh refresh =
        new ChannelRefresh(
            channels,
            earlier,
            ahead,
            refreshing,
            database,
            updates,
            packages,
            clock,
            turns,
            pauses);
    refresh.looks.start();
    return refresh;
  }

  /** How long ago each channel was last refreshed well; of one that never was, last changed. */
  Map<String, Duration> ages() {
    Instant now = clock.instant();
    Map<String, Duration> ages = new HashMap<>();
    freshness.forEach((channel, at) -> ages.put(channel, Duration.between(at, now)));
    return ages;
  }

  private void look() throws ChannelException, IOException {
    freshness = channels.freshness();
    for (Channel channel : channels.due()) {
      begin(channel);
    }
    // Also those that another process has refreshed.
    earlier.record().forEach(channel -> refreshes.execute(() -> prefetch(channel)));
    prune();
  }

  private void begin(Channel channel) {
    if (!underWay.add(channel.name())) {
      return;
    }
    if (!places.tryAcquire()) {
      underWay.remove(channel.name());
      return;
    }
    refreshes.execute(() -> {
      try {
        refreshInTurn(channel);
      } finally {
        places.release();
        underWay.remove(channel.name());
      }
    });
  }

  /** One node at a time refreshes a channel; what another one has just refreshed is not due. */
  private void refreshInTurn(Channel channel) {
    String turn = "refresh " + channel.name();
    try {
      if (!turns.take(turn)) {
        return;
      }
      try {
        if (turns.equals(Turns.ALONE)
            || channels.due().stream().anyMatch(due -> due.name().equals(channel.name()))) {
          refresh(channel);
        }
      } finally {
        turns.giveBack(turn);
      }
    } catch (ChannelException | DatabaseUnavailableException e) {
      LOG.atWarn()
          .addKeyValue("channel", channel.name())
          .addKeyValue("reason", e.getMessage())
          .log("cannot take a turn to refresh a channel");
    }
  }

  private void refresh(Channel channel) {
    try {
      RefreshResult result = refreshing.refresh(channels, channel.name());
      failing.remove(channel.name());
      for (String notice : result.notices()) {
        LOG.atInfo()
            .addKeyValue("channel", channel.name())
            .addKeyValue("notice", notice)
            .log("a repository of the channel has a problem");
      }
      if (result instanceof RefreshResult.NewSnapshot made) {
        LOG.atInfo()
            .addKeyValue("channel", channel.name())
            .addKeyValue("snapshot", made.digest())
            .addKeyValue("packages", made.packages())
            .log("channel has a new snapshot");
        newSnapshot.set(true);
      }
      refreshed.set(true);
      refreshes.execute(() -> prefetch(channel));
    } catch (ChannelException | RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("channel", channel.name())
          .addKeyValue("reason", e.getMessage())
          .log("channel was not refreshed");
      tellOfFailure(channel, e);
    } catch (InterruptedException e) {
      LOG.debug("the refresh of {} was interrupted", channel.name());
    }
  }

  /** The first of several in a row; the channel's status has the others. */
  private void tellOfFailure(Channel channel, Exception e) {
    String reason = String.valueOf(e.getMessage());
    if (!reason.equals(failing.put(channel.name(), reason))) {
      try {
        database.useTransaction(handle ->
            Events.append(
                handle,
                new Event(
                    EventType.REFRESH_FAILED, "", "", channel.name(), Map.of("reason", reason)),
                clock.instant()));
      } catch (RuntimeException cannotTell) {
        failing.remove(channel.name());
      }
    }
  }

  /** After every refresh: images may have come, and a mirror may have been away before. */
  private void prefetch(Channel channel) {
    try {
      if (ahead.isPresent()) {
        prefetching.acquire();
        try {
          var _ = ahead.get().changelogs().run(channel);
        } finally {
          prefetching.release();
        }
        fetchingAhead.acquire();
        try {
          var _ = ahead.get().files().run(channel);
        } finally {
          fetchingAhead.release();
        }
      }
    } catch (RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("channel", channel.name())
          .addKeyValue("reason", e.toString())
          .log("nothing is prefetched");
    } catch (InterruptedException e) {
      LOG.debug("the prefetch of {} was interrupted", channel.name());
    }
  }

  /** After refreshes: what one of them replaced is kept for some minutes yet. */
  private void prune() throws ChannelException, IOException {
    if (newSnapshot.getAndSet(false)) {
      packages.prune(clock.instant().minus(PACKAGES_KEPT));
    }
    if (refreshed.getAndSet(false)) {
      Set<String> needed =
          database.read(updates::inFlight).stream()
              .map(UpdateRecord::snapshot)
              .collect(Collectors.toSet());
      needed.addAll(database.read(RingRecords::held));
      needed.addAll(earlier.kept());
      earlier.forget(channels.prune(needed));
    }
  }

  /** Cuts short what is being refreshed: the last good snapshots stay current. */
  @Override
  public void close() {
    looks.close();
    refreshes.shutdownNow();
    try {
      if (!refreshes.awaitTermination(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.atWarn()
            .addKeyValue("channels", underWay)
            .log("refreshes are still running while the server stops");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
