package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.ChannelStore;
import dev.regild.db.Database;
import dev.regild.feed.Feed;
import dev.regild.feed.FeedKind;
import dev.regild.feed.FeedStore;
import dev.regild.fetch.Route;
import dev.regild.fixtures.TestDatabases;
import dev.regild.job.node.Turns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeedRefreshTest {
  @TempDir Path data;

  /** It asks for the time in the thread in which it refreshes. */
  private static final class Asked extends Clock {
    private final CompletableFuture<Thread> by = new CompletableFuture<>();

    @Override
    public Instant instant() {
      if (Thread.currentThread().getName().equals("feed-refresh-kev")) {
        by.complete(Thread.currentThread());
      }
      return Instant.now();
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @Test
  void aFeedIsReadBesideTheThreadsOfRequests() throws Exception {
    Path file = Files.writeString(data.resolve("kev.json"), "{}");
    Asked clock = new Asked();
    try (Database database = TestDatabases.open(data.resolve("regild.db"))) {
      FeedStore feeds = new FeedStore(database, data, clock);
      feeds.add(
          new Feed(
              "kev",
              FeedKind.KEV,
              file.toUri().toString(),
              "",
              "",
              "",
              Route.DEFAULT,
              Feed.DEFAULT_REFRESH_INTERVAL));
      try (FeedRefresh refresh =
          new FeedRefresh(database, feeds, new ChannelStore(data, clock), Turns.ALONE)) {
        refresh.look();
        Thread thread = clock.by.get(2, TimeUnit.MINUTES);
        assertThat(thread.isVirtual()).isFalse();
        assertThat(thread.isDaemon()).isTrue();
      }
    }
  }
}
