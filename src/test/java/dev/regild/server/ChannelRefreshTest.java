package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStatus;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.EarlierSnapshots;
import dev.regild.db.Database;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.event.RecordedEvent;
import dev.regild.fetch.PackageCache;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Inventories;
import dev.regild.image.jobs.UpdateRecords;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.rpm.RpmSource;
import dev.regild.server.telemetry.Metrics;
import dev.regild.update.planning.RegistryRefresh;
import dev.regild.windows.catalogue.CatalogueSource;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Channels beside one whose mirror takes the connection, and then says nothing. */
@Timeout(300)
class ChannelRefreshTest {
  private static final RecurringWork.Pauses AT_ONCE =
      new RecurringWork.Pauses(Duration.ZERO, Duration.ofMillis(20));

  @TempDir Path directory;

  @Test
  void aDeadMirrorDelaysNoOtherChannelAndTheAgesOfBothAreShown() throws Exception {
    ChannelStore channels = new ChannelStore(directory, Clock.systemUTC());
    try (ServerSocket dead = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Database database = TestDatabases.open(directory.resolve("regild.db"));
        Metrics metrics = new Metrics()) {
      String uri = "http://127.0.0.1:" + dead.getLocalPort() + "/rocky";
      // By its name it is the first to be refreshed.
      channels.add(
          new Channel("a-dead", "ROCKY_LINUX8", List.of(new RpmSource(uri, "x86_64", "/key.asc"))));
      channels.add(
          new Channel("b-good", "WINDOWS_SERVER_2022", List.of(new CatalogueSource("amd64"))));
      ChannelRefresh refresh =
          ChannelRefresh.start(
              channels,
              new EarlierSnapshots(
                  database,
                  channels,
                  new EarlierSnapshots.Limits(Duration.ofDays(1), 1 << 20),
                  Clock.systemUTC()),
              Optional.empty(),
              new RegistryRefresh(database, new Inventories(database), Clock.systemUTC()),
              database,
              new UpdateRecords(Clock.systemUTC()),
              new PackageCache(directory),
              Clock.systemUTC(),
              Turns.ALONE,
              AT_ONCE);
      metrics.watchChannels(refresh::ages);
      try (Socket asked = dead.accept()) {
        await(() -> status(channels, "b-good").checkedAt().isPresent());
        assertThat(status(channels, "a-dead").attemptedAt()).isEmpty();
        await(() -> refresh.ages().size() == 2);
        assertThat(metrics.scrape())
            .containsPattern("regild_channel_refresh_age_seconds\\{channel=\"a-dead\"} \\d")
            .containsPattern("regild_channel_refresh_age_seconds\\{channel=\"b-good\"} \\d");

        refresh.close();
        // It ends by itself only after a minute; the connection's end shows that nobody waits.
        while (asked.getInputStream().read() >= 0) {
          // The request.
        }
      } finally {
        refresh.close();
      }
      assertThat(status(channels, "a-dead").attemptedAt()).as("it was cut short").isEmpty();
    }
  }

  @Test
  void aRefreshThatFailsIsToldOnceForEachReason() throws Exception {
    ChannelStore channels = new ChannelStore(directory, Clock.systemUTC());
    channels.add(
        new Channel(
            "gone",
            "ROCKY_LINUX8",
            List.of(new RpmSource("file:///nowhere/rocky", "x86_64", "/key.asc"))));
    try (Database database = TestDatabases.open(directory.resolve("regild.db"))) {
      ChannelRefresh refresh =
          ChannelRefresh.start(
              channels,
              new EarlierSnapshots(
                  database,
                  channels,
                  new EarlierSnapshots.Limits(Duration.ofDays(1), 1 << 20),
                  Clock.systemUTC()),
              Optional.empty(),
              new RegistryRefresh(database, new Inventories(database), Clock.systemUTC()),
              database,
              new UpdateRecords(Clock.systemUTC()),
              new PackageCache(directory),
              Clock.systemUTC(),
              Turns.ALONE,
              AT_ONCE);
      try {
        await(() -> !told(database).isEmpty());
      } finally {
        refresh.close();
      }
      assertThat(told(database))
          .singleElement()
          .satisfies(each -> {
            assertThat(each.event().subject()).isEqualTo("gone");
            assertThat(each.event().payload()).containsKey("reason");
          });
    }
  }

  private static List<RecordedEvent> told(Database database) {
    return database
        .read(handle -> Events.after(handle, "111111111111", "eu-central-1", 0, 100))
        .stream()
        .filter(each -> each.event().type() == EventType.REFRESH_FAILED)
        .toList();
  }

  private static ChannelStatus status(ChannelStore channels, String name) {
    try {
      return channels.status().stream()
          .filter(each -> each.name().equals(name))
          .findFirst()
          .orElseThrow();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    Instant deadline = Instant.now().plusSeconds(120);
    while (!condition.getAsBoolean() && Instant.now().isBefore(deadline)) {
      Thread.sleep(10);
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }
}
