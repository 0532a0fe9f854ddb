package dev.regild.server;

import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.db.Database;
import dev.regild.feed.Feed;
import dev.regild.feed.FeedException;
import dev.regild.feed.FeedResult;
import dev.regild.feed.FeedStore;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.update.verdict.ImagePlatforms;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refreshes every feed when it is due, one node of several. Feeds are refreshed side by side, so
 * that one whose server is slow or dead delays no other.
 */
final class FeedRefresh implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FeedRefresh.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(20);
  private static final Duration END_LIMIT = Duration.ofSeconds(1);

  /** More than a server has feeds. */
  private static final int MOST_AT_ONCE = 16;

  private final Database database;
  private final FeedStore feeds;
  private final ChannelStore channels;
  private final RecurringWork work;
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();
  private final Set<Thread> refreshes = ConcurrentHashMap.newKeySet();

  FeedRefresh(Database database, FeedStore feeds, ChannelStore channels, Turns turns) {
    this.database = database;
    this.feeds = feeds;
    this.channels = channels;
    this.work =
        new RecurringWork("feeds", RecurringWork.Pauses.of(BETWEEN_LOOKS), turns, this::look);
  }

  void start() {
    work.start();
  }

  /** Begins what is due. */
  void look() throws ChannelException {
    Set<String> platforms = ImagePlatforms.of(database, channels);
    for (Feed feed : feeds.due(platforms)) {
      if (underWay.size() < MOST_AT_ONCE && underWay.add(feed.name())) {
        // Reading a feed computes for minutes, and a virtual thread would keep its carrier.
        Thread refresh =
            Thread.ofPlatform()
                .daemon()
                .name("feed-refresh-" + feed.name())
                .unstarted(() -> refresh(feed.name(), platforms));
        refreshes.add(refresh);
        refresh.start();
      }
    }
  }

  private void refresh(String name, Set<String> platforms) {
    try {
      FeedResult result = feeds.refresh(name, platforms);
      if (result.changed()) {
        LOG.atInfo()
            .addKeyValue("feed", name)
            .addKeyValue("snapshot", result.snapshot())
            .addKeyValue("issues", result.issues())
            .log("feed has a new snapshot");
      }
    } catch (FeedException | RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("feed", name)
          .addKeyValue("reason", e.getMessage())
          .log("feed was not refreshed");
    } catch (InterruptedException e) {
      LOG.debug("the refresh of {} was interrupted", name);
    } finally {
      underWay.remove(name);
      refreshes.remove(Thread.currentThread());
    }
  }

  /** Cuts short what is being refreshed: the last good snapshots stay. */
  @Override
  public void close() {
    refreshes.forEach(Thread::interrupt);
    awaitEnd();
    work.close();
    // Those that were begun meanwhile.
    refreshes.forEach(Thread::interrupt);
  }

  /** They still write that they were interrupted, so that they are due on the next start. */
  private void awaitEnd() {
    long ends = System.nanoTime() + END_LIMIT.toNanos();
    try {
      for (Thread each : refreshes) {
        if (!each.join(Duration.ofNanos(Math.max(0, ends - System.nanoTime())))) {
          LOG.debug("{} still runs while the server stops", each.getName());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
