package dev.regild.update.planning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.PackageSource;
import dev.regild.db.Database;
import dev.regild.disk.RoomReservations;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.Transport;
import dev.regild.files.StallGuard;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Inventories;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.WindowsFacts;
import dev.regild.windows.upstream.FakeUpstream;
import dev.regild.windows.upstream.PublishedUpdates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** Files of a Windows channel that updates would need. */
@EnabledIf("dev.regild.fixtures.WindowsPackages#canBeMade")
class FilesAheadTest {
  private static final int LARGE = 4 << 20;

  @TempDir Path directory;
  private Database database;
  private FakeUpstream server;
  private ChannelStore channels;
  private UpdatePlans plans;
  private PackageCache cache;

  @BeforeEach
  void publish() throws Exception {
    database = TestDatabases.open(directory.resolve("regild.db"));
    server = new FakeUpstream(FakeUpstream.Shape.WSUS, directory.resolve("server"));
    byte[] large = new byte[LARGE];
    new Random(19).nextBytes(large);
    PublishedUpdates.onCheckpoint(
        server,
        "KB5036909",
        "20348.2402",
        Files.write(directory.resolve("windows-kb5036909-x64.msu"), large),
        Files.write(directory.resolve("windows-kb5034439-x64.msu"), new byte[] {1}));
    channels = new ChannelStore(directory, Clock.systemUTC());
    plans = new UpdatePlans(channels, new Inventories(database));
    cache =
        new PackageCache(
            directory.resolve("packages"),
            new Transport(directory, Duration.ofMillis(1), StallGuard.Pace.OF_MIRRORS),
            LARGE - 1);
  }

  @AfterEach
  void close() {
    server.close();
    database.close();
  }

  @Test
  void whatAnUpdateWouldNeedIsThereBeforeIt() throws Exception {
    channel(true);

    assertThat(run(1 << 30)).isEqualTo(new FilesAhead.Result(2, 0, 0));

    assertThat(server.downloads()).filteredOn(each -> each.startsWith("/Content/")).hasSize(4);
    server.clear();
    assertThat(run(1 << 30)).as("all is there").isEqualTo(new FilesAhead.Result(0, 0, 0));
    assertThat(server.downloads()).isEmpty();
  }

  @Test
  void aLargeFileGoesOnWhereItStopped() throws Exception {
    channel(true);
    server.breakDownloads(true);
    assertThat(run(1 << 30).failed()).isPositive();
    server.breakDownloads(false);
    server.clear();

    assertThat(run(1 << 30).failed()).isZero();

    assertThat(server.ranges()).singleElement().asString().startsWith("bytes=");
  }

  @Test
  void aRunDownloadsNoMoreThanItMay() throws Exception {
    channel(true);

    assertThat(run(LARGE - 1)).isEqualTo(new FilesAhead.Result(1, 0, 1));
  }

  @Test
  void nothingIsFetchedAheadForOtherChannelsAndOtherImages() throws Exception {
    channel(false);
    assertThat(run(1 << 30)).isEqualTo(new FilesAhead.Result(0, 0, 0));
    channels.remove("win");
    channel(true);
    assertThat(files(1 << 30, "20348.2402").run(channels.require("win")))
        .isEqualTo(new FilesAhead.Result(0, 0, 0));
    assertThat(server.downloads()).isEmpty();
  }

  private void channel(boolean ahead) throws Exception {
    PackageSource source = PublishedUpdates.source(server, directory.resolve("root.pem"), ahead);
    channels.add(new Channel("win", "WINDOWS_SERVER_2022", List.of(source)));
    channels.refresh("win");
    server.clear();
  }

  private FilesAhead.Result run(long mostBytes) throws Exception {
    return files(mostBytes, "20348.2113").run(channels.require("win"));
  }

  private FilesAhead files(long mostBytes, String build) {
    return new FilesAhead(
        plans,
        (_, action) -> action.accept(inventory(build)),
        cache,
        new RoomReservations(),
        directory,
        mostBytes);
  }

  private static Inventory inventory(String build) {
    return new Inventory(
        new OperatingSystem("WINDOWS_SERVER_2022", "Windows Server 2022", "10.0." + build),
        "amd64",
        List.of(new InstalledPackage("Windows", "amd64", "10.0." + build, false)),
        Collections.emptySortedMap(),
        Optional.of(
            new WindowsFacts(
                "ServerDatacenter",
                "21H2",
                build,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of())));
  }
}
