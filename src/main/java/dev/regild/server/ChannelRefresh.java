package dev.regild.server;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.Channels;
import dev.regild.channel.PackageCache;
import dev.regild.channel.RefreshResult;
import dev.regild.db.Database;
import dev.regild.image.UpdateRecord;
import dev.regild.image.UpdateRecords;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refreshes every channel when it is due, and removes snapshots that nothing needs any more and
 * packages that no update has asked for in a month.
 */
final class ChannelRefresh implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChannelRefresh.class);

  /** A refresh has time: while a server starts, its first requests are worth more. */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofSeconds(20);
  private static final Duration PACKAGES_KEPT = Duration.ofDays(30);

  private final Channels channels;
  private final Database database;
  private final UpdateRecords updates;
  private final PackageCache packages;
  private final Clock clock;
  private final Thread thread;

  private ChannelRefresh(
      Channels channels,
      Database database,
      UpdateRecords updates,
      PackageCache packages,
      Clock clock) {
    this.channels = channels;
    this.database = database;
    this.updates = updates;
    this.packages = packages;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("channel-refresh").unstarted(this::run);
  }

  static ChannelRefresh start(
      Channels channels,
      Database database,
      UpdateRecords updates,
      PackageCache packages,
      Clock clock) {
    ChannelRefresh refresh = new ChannelRefresh(channels, database, updates, packages, clock);
    refresh.thread.start();
    return refresh;
  }

  private void run() {
    try {
      Thread.sleep(FIRST_LOOK);
      while (true) {
        refreshDue();
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      LOG.debug("channel refresh ends");
    }
  }

  private void refreshDue() throws InterruptedException {
    try {
      for (Channel channel : channels.due()) {
        refresh(channel);
      }
    } catch (ChannelException | RuntimeException e) {
      LOG.atWarn().addKeyValue("reason", e.getMessage()).log("channels can't be looked at");
    }
  }

  private void refresh(Channel channel) throws InterruptedException {
    try {
      RefreshResult result = channels.refresh(channel.name());
      for (String notice : result.notices()) {
        LOG.atInfo()
            .addKeyValue("channel", channel.name())
            .addKeyValue("notice", notice)
            .log("channel's repository is not as expected");
      }
      if (result instanceof RefreshResult.NewSnapshot made) {
        LOG.atInfo()
            .addKeyValue("channel", channel.name())
            .addKeyValue("snapshot", made.digest())
            .addKeyValue("packages", made.packages())
            .log("channel has a new snapshot");
        packages.prune(clock.instant().minus(PACKAGES_KEPT));
      }
      // After each refresh: what this one replaced is kept for some minutes yet.
      channels.prune(
          database.read(updates::inFlight).stream()
              .map(UpdateRecord::snapshot)
              .collect(Collectors.toSet()));
    } catch (ChannelException | IOException e) {
      LOG.atWarn()
          .addKeyValue("channel", channel.name())
          .addKeyValue("reason", e.getMessage())
          .log("channel was not refreshed");
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
