package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.regild.channel.ChannelStore;
import dev.regild.cli.Regild;
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
import dev.regild.plan.PackageOrigin;
import dev.regild.update.planning.PlannedFixes;
import dev.regild.update.planning.SnapshotChangelogs;
import dev.regild.update.planning.UpdatePlans;
import dev.regild.update.verdict.Judging;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Feeds that an operator adds, and the open CVEs of images, from the command to the list. */
@ExtendWith(RunningServer.class)
@EachDatabase
class VendorCvesTest {
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  private static ServerFixture server;
  private static CommandLineOf commands;
  private static Judging judging;

  @BeforeAll
  static void start(ServerFixture running) throws Exception {
    server = running;
    commands = CommandLineOf.of(server);
    Inventories inventories = new Inventories(server.database);
    Clock clock = Clock.systemUTC();
    UpdatePlans plans = new UpdatePlans(new ChannelStore(server.data, clock), inventories);
    judging =
        new Judging(
            server.database,
            inventories,
            plans,
            new PlannedFixes(
                server.database,
                inventories,
                plans,
                new SnapshotChangelogs(new Changelogs(server.database, clock))),
            new FeedStore(server.database, server.data, clock),
            new SupportFiles(server.data, server.data),
            Turns.ALONE,
            clock);
    Files.writeString(
        server.data.resolve("debian.csv"),
        """
        version,codename,series,created,release,eol,eol-lts,eol-elts
        12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30
        """);
    Files.writeString(server.data.resolve("security-support-limited"), "tar Only for friends\n");
    server.golden(
        "us-east-1",
        "golden",
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
            "amd64",
            List.of(package_("libssl3", "openssl", "3.0.11-1"), package_("tar", "tar", "1.34-1"))));
    assertThat(judging.look()).isEqualTo(1);
    Path tracker = server.data.resolve("tracker.json");
    Files.writeString(
        tracker,
        """
        {"openssl": {
          "CVE-2026-1001": {"releases": {"bookworm": {"status": "resolved",
            "fixed_version": "3.0.17-1", "urgency": "not yet assigned"}}},
          "CVE-2026-1003": {"releases": {"bookworm": {"status": "open", "urgency": "high"}}},
          "CVE-2026-1004": {"releases": {"bookworm": {"status": "open", "urgency": "low",
            "nodsa": "Minor \\u001b[31missue", "nodsa_reason": "ignored"}}}},
         "zlib": {"CVE-2026-1005": {"releases": {"bookworm": {"status": "open"}}}},
         "tar": {
          "CVE-2005-2541": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}}}}
        """,
        UTF_8);
    Path kev = server.data.resolve("kev.json");
    Files.writeString(
        kev,
        """
        {"catalogVersion": "2026.11.30", "count": 1,
         "vulnerabilities": [{"cveID": "CVE-2026-1003", "dateAdded": "2026-11-02"}]}
        """);
    assertThat(feed(0, "add", "tracker", "--kind", "debian-tracker", "--from", "" + tracker))
        .contains("Added tracker.")
        .contains("tracker has a new snapshot of 5 entries");
    feed(0, "add", "kev", "--kind", "kev", "--from", "" + kev);
    assertThat(judging.look()).as("a feed's snapshot has every image judged again").isEqualTo(1);
  }

  private static InstalledPackage package_(String name, String source, String version) {
    return new InstalledPackage(name, "amd64", version, false)
        .from(new PackageOrigin(source, version, "", "", ""));
  }

  /** Runs a command on the registry itself. */
  private static String feed(int status, String... words) throws Exception {
    List<String> all = new ArrayList<>(Stream.concat(Stream.of("feed"), Stream.of(words)).toList());
    all.addAll(List.of("--data", server.data.toString()));
    TestDatabases.url(server.data.resolve("regild.db"))
        .ifPresent(url -> all.addAll(List.of("--database", url)));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    assertThat(Regild.run(out, out, all.toArray(String[]::new)))
        .as(said::toString)
        .isEqualTo(status);
    return said.toString();
  }

  private static JsonNode get(String path) throws Exception {
    var response = server.send(server.key, "GET", path);
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return JsonMapper.shared().readTree(response.body());
  }

  @Test
  void theFleetShowsWhatIsOpenExploitedAndUnsupported() throws Exception {
    JsonNode image = get("/regild/v1/status").path("images").path(0);
    assertThat(image.path("cves").path("open").asInt()).isEqualTo(2);
    assertThat(image.path("cves").path("wontFix").asInt()).isEqualTo(2);
    assertThat(image.path("cves").path("exploited").asInt()).isEqualTo(1);
    assertThat(image.path("support").path("ends").asString()).startsWith("2026-07-11");
    assertThat(image.path("support").path("longTermEnds").asString()).startsWith("2028-06-30");
    assertThat(image.path("support").path("unsupportedPackages").asInt()).isEqualTo(1);
    assertThat(get("/regild/v1/status?exploited=true").path("images").size()).isEqualTo(1);
    assertThat(commands.run(0, "status")).containsPattern("golden .* 2 +1 +until 2028-06-30");
    assertThat(commands.run(0, "show", "golden"))
        .contains("2, 0 in the kernel, 2 that the vendor does not fix, 1 exploited")
        .containsPattern("packages' support +tar: limited \\(Only for friends\\)");
    assertThat(get("/regild/v1/images/golden").path("unsupported"))
        .extracting(each -> each.path("source").asString(), each -> each.has("ended"))
        .containsExactly(tuple("tar", false));
  }

  @Test
  void eachCveIsListedInPagesWithWhatTheVendorSays() throws Exception {
    String path = "/regild/v1/images/golden/vulnerabilities/vendor";
    JsonNode open = get(path);
    assertThat(open.path("counts").path("open").asInt()).isEqualTo(2);
    assertThat(open.path("cves").valueStream().map(each -> each.path("cve").asString()))
        .containsExactly("CVE-2026-1001", "CVE-2026-1003");
    assertThat(open.path("cves").path(0).path("fixedIn").asString()).isEqualTo("3.0.17-1");
    List<String> all = new ArrayList<>();
    String after = "";
    do {
      JsonNode page = get(path + "?status=all&limit=1" + after);
      page.path("cves").forEach(each -> all.add(each.path("cve").asString()));
      after = page.has("next") ? "&after=" + page.path("next").asString().replace(" ", "%20") : "";
    } while (!after.isEmpty());
    assertThat(all)
        .containsExactly("CVE-2026-1001", "CVE-2026-1003", "CVE-2026-1004", "CVE-2005-2541");
    assertThat(server.send(server.key, "GET", path + "?status=none").statusCode()).isEqualTo(400);
    assertThat(commands.run(0, "vulnerabilities", "golden", "--status", "all"))
        .containsPattern("CVE-2026-1003 +openssl +3.0.11-1 +open +- +high +exploited")
        .contains("ignored: Minor ?[31missue")
        .contains("Open: 2, and 0 in the kernel; not to be fixed by the vendor: 2; exploited: 1");
  }

  /** Whether or not a changelog was read, and a package that was added is not older. */
  @Test
  void imagesAreComparedByWhatIsOpenInEach() throws Exception {
    server.golden(
        "us-east-1",
        "newer",
        new Inventory(
            new OperatingSystem("DEBIAN_12", "Debian GNU/Linux 12 (bookworm)", "12.5"),
            "amd64",
            List.of(
                package_("libssl3", "openssl", "3.0.17-1"), package_("zlib1g", "zlib", "1.2-1"))));
    JsonNode open = get("/regild/v1/images/golden/diff?with=newer").path("open");
    assertThat(open.at("/first/open").asInt()).isEqualTo(2);
    assertThat(open.at("/second/open").asInt()).isEqualTo(2);
    assertThat(open.path("opened"))
        .extracting(each -> each.path("cve").asString(), each -> each.path("version").asString())
        .containsExactly(tuple("CVE-2026-1005", "1.2-1"));
    assertThat(open.path("closed"))
        .extracting(each -> each.path("cve").asString())
        .containsExactly("CVE-2026-1001");
    assertThat(commands.run(0, "diff", "golden", "newer"))
        .contains("Open by the feeds: 2 -> 2, in the kernel 0 -> 0")
        .contains("newly open: zlib: CVE-2026-1005")
        .contains("open no more: openssl: CVE-2026-1001");
  }

  @Test
  void feedsAreListedAndShown() throws Exception {
    assertThat(feed(0, "list")).containsPattern("tracker +debian-tracker +[0-9a-f]{12} +5 +0 min");
    assertThat(feed(0, "show", "tracker")).contains("local file").contains("DEBIAN_12");
    assertThat(feed(0, "refresh")).contains("kev is unchanged").contains("tracker is unchanged");
    Matcher digest = SHA_256.matcher(feed(0, "show", "tracker"));
    assertThat(digest.find()).isTrue();
    String snapshot = digest.group();
    assertThat(feed(0, "show", "tracker"))
        .containsPattern(snapshot + " +[0-9TZ:.-]+ +local file +5 +yes");
    assertThat(feed(0, "use", "tracker", snapshot.substring(0, 8))).contains(snapshot);
    assertThat(feed(0, "list")).contains(snapshot.substring(0, 12) + " (held)");
    assertThat(feed(0, "use", "tracker", "newest")).contains("its newest snapshot");
    assertThat(feed(0, "list")).doesNotContain("held");
    assertThat(feed(1, "use", "tracker", "none")).contains("regild feed show tracker");
    assertThat(feed(1, "show", "none")).contains("The feed none does not exist");
    assertThat(feed(1, "add", "tracker", "--kind", "kev")).contains("exists already");
    assertThat(feed(1, "add", "osv", "--kind", "osv")).contains("--from URL|FILE");
    assertThat(feed(1, "add", "x", "--kind", "oval")).contains("must be one of debian-tracker");
    assertThat(feed(1, "add", "x", "--kind", "kev", "--from", "http://mirror.example/kev.json"))
        .contains("Use https");
    Path wrong = Files.writeString(server.data.resolve("wrong.json"), "{}");
    assertThat(feed(1, "add", "wrong", "--kind", "kev", "--from", "" + wrong))
        .contains("Feed wrong was not refreshed");
    assertThat(feed(0, "remove", "wrong")).contains("Removed wrong.");
  }
}
