package dev.regild.update.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RunningRefreshes;
import dev.regild.db.Database;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Inventories;
import dev.regild.image.Owner;
import dev.regild.update.fleet.FleetImages;
import dev.regild.windows.upstream.FakeUpstream;
import dev.regild.windows.upstream.PublishedUpdates;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Refreshes that others can see. */
@Timeout(120)
class RegistryRefreshTest {
  @TempDir Path directory;
  private Database database;
  private FakeUpstream server;
  private ChannelStore channels;
  private RegistryRefresh refreshes;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    server = new FakeUpstream(FakeUpstream.Shape.WSUS, directory.resolve("server"));
    channels = new ChannelStore(directory, Clock.systemUTC());
    channels.add(
        new Channel(
            "win",
            "WINDOWS_SERVER_2022",
            List.of(PublishedUpdates.source(server, directory.resolve("root.pem")))));
    refreshes = new RegistryRefresh(database, new Inventories(database), Clock.systemUTC());
  }

  @AfterEach
  void close() {
    server.close();
    database.close();
  }

  @Test
  void howFarARefreshIsShowsUntilItHasEnded() throws Exception {
    CountDownLatch reached = server.holdFrom("GetConfigData", 1);
    Thread refresh =
        Thread.ofPlatform()
            .start(() -> {
              try {
                refreshes.refresh(channels, "win");
              } catch (ChannelException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    reached.await();
    while (!running(Instant.now()).getOrDefault("win", "").startsWith("asking " + server.url())) {
      Thread.sleep(20);
    }
    assertThat(running(Instant.now().plusSeconds(60))).as("of a process that has died").isEmpty();
    server.goOn();
    refresh.join();

    assertThat(running(Instant.now())).isEmpty();
    assertThat(channels.current("win")).isPresent();
  }

  @Test
  void aRefreshThatFailsIsShownNoLonger() {
    server.fault("GetConfigData", "InternalServerError", "");

    assertThatThrownBy(() -> refreshes.refresh(channels, "win"))
        .isInstanceOf(ChannelException.class);

    assertThat(running(Instant.now())).isEmpty();
  }

  @Test
  void theInventoriesOfAPlatformAreHandedOutOnce() {
    FleetImages images = new FleetImages(database, new Inventories(database));
    Owner alice = new Owner("111111111111", "eu-central-1");
    for (String name : List.of("one", "two")) {
      images.available(
          alice, name, "WINDOWS", List.of(FleetImages.installed("Windows", "10.0.26100.1")));
    }
    images.available(alice, "other", "DEBIAN_12", List.of());
    List<String> seen = new ArrayList<>();

    refreshes.each("WINDOWS", each -> seen.add(each.os().platform()));

    assertThat(seen).containsExactly("WINDOWS");
  }

  /** Else no channel of its platform could be refreshed. */
  @Test
  void aDamagedInventoryIsLeftOut() {
    FleetImages images = new FleetImages(database, new Inventories(database));
    Owner alice = new Owner("111111111111", "eu-central-1");
    for (String version : List.of("10.0.26100.1", "10.0.26100.2")) {
      images.available(
          alice, version, "WINDOWS", List.of(FleetImages.installed("Windows", version)));
    }
    database.useTransaction(handle ->
        handle.execute(
            """
            UPDATE inventory SET compressed_json = ?
             WHERE digest = (SELECT inventory_digest FROM image WHERE name = '10.0.26100.1')
            """,
            new byte[] {1}));
    List<String> seen = new ArrayList<>();

    refreshes.each("WINDOWS", each -> seen.add(each.packages().getFirst().version()));

    assertThat(seen).containsExactly("10.0.26100.2");
  }

  private Map<String, String> running(Instant now) {
    return database.read(handle -> RunningRefreshes.list(handle, now));
  }
}
