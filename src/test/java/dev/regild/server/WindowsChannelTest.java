package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.cli.Regild;
import dev.regild.feed.FeedChangelogs;
import dev.regild.feed.FeedStore;
import dev.regild.feed.SupportFiles;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.TestDatabases;
import dev.regild.image.Inventories;
import dev.regild.insight.Changelogs;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.job.node.Turns;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.WindowsFacts;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.verdict.Judging;
import dev.regild.windows.upstream.FakeUpstream;
import dev.regild.windows.upstream.PublishedUpdates;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A channel that follows an update server, as a server's users see it. */
@ExtendWith(RunningServer.class)
@EachDatabase
@EnabledIf("dev.regild.fixtures.WindowsPackages#canBeMade")
class WindowsChannelTest {
  @TempDir static Path directory;
  private static ServerFixture server;
  private static FakeUpstream upstream;
  private static UUID april;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    upstream = new FakeUpstream(FakeUpstream.Shape.WSUS, directory.resolve("upstream"));
    UUID march = PublishedUpdates.cumulative(upstream, "KB5035857", "20348.2340");
    april = PublishedUpdates.cumulative(upstream, "KB5036909", "20348.2402", march);
    // The console refreshes no channel that was refreshed just now.
    ChannelStore channels =
        new ChannelStore(server.data, Clock.offset(Clock.systemUTC(), Duration.ofHours(-1)));
    channels.add(
        new Channel(
            "win",
            "WINDOWS_SERVER_2022",
            List.of(PublishedUpdates.source(upstream, directory.resolve("root.pem")))));
    var _ = channels.refresh("win");
    server.golden("us-east-1", "golden", inventory());
  }

  @AfterAll
  static void stop() {
    upstream.close();
  }

  private static ChannelStore channels() throws Exception {
    return new ChannelStore(server.data, Clock.systemUTC());
  }

  private static Inventory inventory() {
    return new Inventory(
        new OperatingSystem("WINDOWS_SERVER_2022", "Windows Server 2022", "10.0.20348.2340"),
        "amd64",
        List.of(new InstalledPackage("Windows", "amd64", "10.0.20348.2340", false)),
        Collections.emptySortedMap(),
        Optional.of(
            new WindowsFacts(
                "ServerDatacenter",
                "21H2",
                "20348.2340",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of())));
  }

  /** The update's own document names one, and a document of Microsoft's (CVRF) another. */
  @Test
  void theStatusOfAnImageCountsTheCvesOfItsKb() throws Exception {
    Judging judging = judging();
    assertThat(judging.look()).isEqualTo(1);
    JsonNode before = status();
    assertThat(before.path("status").asString()).isEqualTo("OUTDATED");
    assertThat(before.path("cves").path("fixable").asInt()).isEqualTo(1);
    assertThat(before.path("cves").path("unknownPackages").asInt()).isEqualTo(1);
    assertThat(before.path("cves").has("open")).isFalse();

    Path march = Files.writeString(directory.resolve("2026-Apr.xml"), CVRF);
    assertThat(regild("feed", "add", "msrc", "--kind", "msrc", "--from", march.toString()))
        .contains("msrc has a new snapshot");
    assertThat(judging.look()).isEqualTo(1);

    JsonNode image = status();
    assertThat(image.path("cves").path("open").asInt()).as("in its build").isEqualTo(1);
    assertThat(image.path("cves").path("fixable").asInt()).isEqualTo(2);
    assertThat(image.path("cves").path("unknownPackages").asInt()).isZero();
    JsonNode listed = get("/regild/v1/images/golden/vulnerabilities/vendor").path("cves").path(0);
    assertThat(listed.path("cve").asString()).isEqualTo("CVE-2026-2001");
    assertThat(listed.path("fixedIn").asString()).isEqualTo("10.0.20348.2402");
    assertThat(listed.toString()).contains("KB5036909");
  }

  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final String CVRF =
      """
      <cvrf:cvrfdoc xmlns:vuln="http://www.icasi.org/CVRF/schema/vuln/1.1"
          xmlns:prod="http://www.icasi.org/CVRF/schema/prod/1.1"
          xmlns:cvrf="http://www.icasi.org/CVRF/schema/cvrf/1.1">
        <prod:ProductTree><prod:FullProductName ProductID="1">Windows Server 2022</prod:FullProductName></prod:ProductTree>
        <vuln:Vulnerability Ordinal="1">
          <vuln:CVE>CVE-2026-2001</vuln:CVE>
          <vuln:Remediations>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>5036909</vuln:Description>
              <vuln:ProductID>1</vuln:ProductID><vuln:SubType>Security Update</vuln:SubType>
              <vuln:FixedBuild>10.0.20348.2402</vuln:FixedBuild></vuln:Remediation>
          </vuln:Remediations>
        </vuln:Vulnerability>
        <vuln:Vulnerability Ordinal="2">
          <vuln:CVE>CVE-2026-1001</vuln:CVE>
          <vuln:Remediations>
            <vuln:Remediation Type="Vendor Fix"><vuln:Description>5035857</vuln:Description>
              <vuln:ProductID>1</vuln:ProductID><vuln:SubType>Security Update</vuln:SubType>
              <vuln:FixedBuild>10.0.20348.2340</vuln:FixedBuild></vuln:Remediation>
          </vuln:Remediations>
        </vuln:Vulnerability>
      </cvrf:cvrfdoc>
      """;

  private static Judging judging() throws Exception {
    Inventories inventories = new Inventories(server.database);
    Clock clock = Clock.systemUTC();
    UpdatePlans plans = new UpdatePlans(channels(), inventories);
    FeedStore feeds = new FeedStore(server.database, server.data, clock);
    return new Judging(
        server.database,
        inventories,
        plans,
        new PlannedFixes(
            server.database,
            inventories,
            plans,
            new SnapshotChangelogs(new Changelogs(server.database, clock)),
            new FeedChangelogs(feeds)),
        feeds,
        new SupportFiles(server.data, server.data),
        Turns.ALONE,
        clock);
  }

  private static JsonNode status() throws Exception {
    return get("/regild/v1/status").path("images").path(0);
  }

  private static JsonNode get(String path) throws Exception {
    var response = server.send(server.key, "GET", path);
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return JsonMapper.shared().readTree(response.body());
  }

  /** Runs a command on the registry itself. */
  private static String regild(String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--data", server.data.toString()));
    TestDatabases.url(server.data.resolve("regild.db"))
        .ifPresent(url -> all.addAll(List.of("--database", url)));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    assertThat(Regild.run(out, out, all.toArray(String[]::new))).as(said::toString).isZero();
    return said.toString();
  }

  @Test
  void theConsoleShowsTheSourceWhatItOffersAndHowFarARefreshIs() throws Exception {
    Browser browser = new Browser(server).loggedIn(server.key);
    assertThat(browser.get("/console/channels/win").body())
        .contains("WSUS " + upstream.url(), "insecure http", "Offered by the update server")
        .contains("KB5036909", "Update KB5036909", "20348.2402", "Important", "KB5035857");
    assertThat(browser.get("/console/channels").body()).contains("insecure http");

    PublishedUpdates.cumulative(upstream, "KB5037782", "20348.2461", april);
    CountDownLatch reached = upstream.holdFrom("GetUpdateData", 1);
    try {
      browser.get("/console/channels/win");
      assertThat(browser.post("/console/channels/win/refresh").statusCode()).isEqualTo(303);
      assertThat(reached.await(1, TimeUnit.MINUTES)).isTrue();
      String page = "";
      Instant end = Instant.now().plus(LIMIT);
      while (!page.contains("asking " + upstream.url()) && Instant.now().isBefore(end)) {
        Thread.sleep(20);
        page = browser.get("/console/channels/win").body();
      }
      assertThat(page).contains("being refreshed", "asking " + upstream.url());
    } finally {
      upstream.goOn();
    }
    Instant last = Instant.now().plus(LIMIT);
    while (newest().isEmpty() && Instant.now().isBefore(last)) {
      Thread.sleep(20);
    }
    assertThat(browser.get("/console/channels/win").body()).contains("KB5037782", "KB5036909");
  }

  private static Optional<String> newest() throws Exception {
    return channels().current("win").stream()
        .flatMap(snapshot ->
            snapshot.availableTo(inventory()).upgradeOf(inventory().packages().getFirst()).stream())
        .filter("10.0.20348.2461"::equals)
        .findFirst();
  }
}
