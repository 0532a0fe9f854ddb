package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.RunningRefreshes;
import dev.regild.files.LockFile;
import dev.regild.fixtures.EachDatabase;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.image.Arn;
import dev.regild.image.TagRecords;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import dev.regild.job.node.Ability;
import dev.regild.job.node.Node;
import dev.regild.job.node.Nodes;
import dev.regild.windows.catalogue.CatalogueSource;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The console's pages beside those of ConsoleTest: evidence, channels, nodes, keys, uploads. */
@EachDatabase
class ConsolePagesTest {
  @RegisterExtension static final RunningServer RUNNING = new RunningServer();

  @TempDir Path directory;
  private ServerFixture server;
  private Browser browser;

  @BeforeEach
  void start(ServerFixture server) throws Exception {
    this.server = server;
    new ConsoleScene(server).build();
    browser = new Browser(server).loggedIn(server.key);
  }

  // Evidence

  @Test
  void theEvidenceOfABootIsThereForItsOwnerAlone() throws Exception {
    String page = browser.get("/console/images/office-2026-10").body();
    assertThat(page)
        .contains("in 13 s from power-on to its report", "6.1.0-38-amd64", "lm-sensors.service")
        .contains("src=\"/console/images/office-2026-10/screen\"")
        .contains("&lt;img src=x onerror=alert(1)&gt;\uFFFDgnp\uFFFD")
        .contains("office login:");
    HttpResponse<byte[]> screen = bytes("/console/images/office-2026-10/screen");
    assertThat(screen.statusCode()).isEqualTo(200);
    assertThat(screen.headers().firstValue("content-type")).contains("image/png");
    assertThat(screen.headers().firstValue("x-content-type-options")).contains("nosniff");
    assertThat(screen.headers().firstValue("content-security-policy").orElseThrow())
        .contains("default-src 'none'");
    assertThat(screen.body()).isEqualTo(ConsoleScene.screen());
    assertThat(browser.get("/console/images/kiosk/screen").statusCode()).isEqualTo(404);

    Account receiver = server.accounts.create("receiver");
    browser.get("/console/");
    var _ =
        browser.post(
            "/console/images/office-2026-10/shares", "account", receiver.id(), "fleets", "1");
    Browser other = new Browser(server).loggedIn(server.accounts.createKey(receiver, false));
    assertThat(other.get("/console/images/office-2026-10?of=" + server.account.id()).body())
        .contains("6.1.0-38-amd64")
        .doesNotContain("office login:", "/screen", "from power-on");
    assertThat(other.get("/console/images/office-2026-10/screen").statusCode()).isBetween(403, 404);
  }

  @Test
  void theApiShowsTheEvidence() throws Exception {
    HttpResponse<byte[]> shown = server.send(server.key, "GET", "/regild/v1/images/office-2026-10");
    assertThat(new String(shown.body(), UTF_8))
        .contains("\"boot\":{", "\"seconds\":13.25", "office login:")
        .contains("\"screen\":\"/regild/v1/images/office-2026-10/screen\"");
    HttpResponse<byte[]> screen =
        server.send(server.key, "GET", "/regild/v1/images/office-2026-10/screen");
    assertThat(screen.headers().firstValue("content-type")).contains("image/png");
    assertThat(screen.headers().firstValue("x-content-type-options")).contains("nosniff");
    assertThat(screen.body()).isEqualTo(ConsoleScene.screen());
    AccessKey stranger = server.accounts.createKey(server.accounts.create("stranger"), false);
    for (HttpResponse<byte[]> refused :
        List.of(
            server.send(stranger, "GET", "/regild/v1/images/office-2026-10/screen"),
            server.send(server.key, "GET", "/regild/v1/images/kiosk/screen"))) {
      assertThat(new String(refused.body(), UTF_8)).contains("ResourceNotFoundException");
    }
  }

  @Test
  void whatChangedIsComparedWithThePlan() throws Exception {
    assertThat(browser.get("/console/images/office-2026-10").body())
        .contains("hx-get=\"/console/images/office-2026-10/changes\"");
    assertThat(browser.get("/console/images/office-2026-10/changes").body())
        .contains(">equal to the plan<", "Every change of the plan was made")
        .contains("linux-image-6.1.0-38-amd64", "5 packages.")
        .doesNotContain("Beyond the plan", "Planned, but not made");
    assertThat(browser.get("/console/images/office-2026-08/changes").body())
        .contains("not equal to the plan", "Beyond the plan", "lib-example-010")
        .contains("Planned, but not made", "base-files");
    assertThat(browser.get("/console/images/kiosk/changes").statusCode()).isEqualTo(404);
  }

  // Images

  @Test
  void aFilterIsSavedUnderANameAndFoundAgain() throws Exception {
    browser.get("/console/?q=office&sort=-size");
    String name = "big <b>&";
    HttpResponse<String> saved =
        browser.post("/console/views", "name", name, "q", "office", "sort", "-size");
    assertThat(saved.headers().firstValue("location").orElseThrow())
        .startsWith("/console/?sort=-size&q=office");
    assertThat(browser.get("/console/").body()).contains("big &lt;b&gt;&amp;");
    assertThat(browser.get("/console/?sort=-size&q=office").body())
        .contains("Remove this view", "value=\"big &lt;b>&amp;\"");
    Browser other =
        new Browser(server)
            .loggedIn(server.accounts.createKey(server.accounts.create("other"), false));
    assertThat(other.get("/console/").body()).doesNotContain("big &lt;b");
    Browser reader = new Browser(server).loggedIn(server.readOnlyKey);
    assertThat(reader.post("/console/views", "name", "x", "q", "y").statusCode()).isEqualTo(403);
    browser.get("/console/");
    HttpResponse<String> star =
        browser.post("/console/views", "name", "stars", "q", "off*", "sort", "name");
    assertThat(star.headers().firstValue("location").orElseThrow())
        .startsWith("/console/?sort=name&q=off*");
    HttpResponse<String> endless =
        browser.post("/console/views", "name", "endless", "q", "x".repeat(100_000));
    assertThat(endless.statusCode()).isEqualTo(400);
    assertThat(endless.body()).contains("too long for a view");
    browser.get("/console/");
    for (String bad : List.of("", " ", "x".repeat(61))) {
      assertThat(browser.post("/console/views", "name", bad, "q", "y").statusCode()).isEqualTo(400);
    }
    browser.get("/console/");
    var _ = browser.post("/console/views/remove", "name", name);
    assertThat(browser.get("/console/").body()).doesNotContain("big &lt;b");
  }

  @Test
  void manyImagesAreTaggedAfterAQuestion() throws Exception {
    String asked = browser.post("/console/selection", "action", "tag", "image", "kiosk").body();
    assertThat(asked)
        .contains("Tag 1 image", "name=\"image\" value=\"kiosk\"", "aws appstream tag-resource");
    String done =
        browser
            .post("/console/selection/tag", "image", "kiosk", "tags", "owner=web\nstage=test")
            .body();
    assertThat(done).contains("accepted", "has the tags");
    Map<String, String> tags =
        server.database.read(handle ->
            TagRecords.list(handle, Arn.ofImage(server.owner("us-east-1"), "kiosk").toString()));
    assertThat(tags).containsEntry("owner", "web").containsEntry("stage", "test");
    assertThat(browser.post("/console/selection/tag", "image", "none", "tags", "a=b").body())
        .contains("refused");
    assertThat(browser.post("/console/selection/tag", "image", "kiosk", "tags", "").statusCode())
        .isEqualTo(400);
  }

  @Test
  void anImageIsComparedWithSnapshotsOfItsChannel() throws Exception {
    channel();
    assertThat(browser.get("/console/compare?first=kiosk&snapshot=now").body())
        .contains("the current one", "channel debian-12", "3.0.22-1");
    assertThat(browser.get("/console/compare?first=kiosk&snapshot=2026-03-01").body())
        .contains("3.0.15-1")
        .doesNotContain("3.0.22-1");
    assertThat(browser.get("/console/compare?first=kiosk&snapshot=2020-01-01").body())
        .contains("has no snapshot of 2020-01-01");
    assertThat(browser.get("/console/compare?first=kiosk&second=render-node&snapshot=now").body())
        .contains("not both");
    assertThat(browser.get("/console/compare?first=kiosk&second=render-node").body())
        .contains("Packages that differ", "linux-image-amd64");
  }

  @Test
  void thePlanSaysHowLargeItsPackagesAre() throws Exception {
    channel("3.0.17-1~deb12u2");
    String plan = browser.get("/console/images/office-2026-10/update").body();
    assertThat(plan).contains(">Size<", "to download").doesNotContain("at least");
  }

  // Channels

  @Test
  void aChannelShowsItsSnapshotsAndWhatEachBrought() throws Exception {
    channel();
    String page = browser.get("/console/channels/debian-12").body();
    assertThat(page).contains("2 Apr 2026", "1 Mar 2026", "current", "regild channel refresh");
    Matcher link =
        Pattern.compile("href=\"(/console/channels/[^\"]+/snapshots/[^\"]+)\"").matcher(page);
    assertThat(link.find()).isTrue();
    assertThat(browser.get(link.group(1)).body())
        .contains("openssl", "3.0.15-1", "3.0.22-1", "before it 1 package");
    assertThat(browser.get("/console/channels/none").statusCode()).isEqualTo(404);
    assertThat(browser.get("/console/channels/debian-12/snapshots/none").statusCode())
        .isEqualTo(404);
  }

  @Test
  void aDamagedSnapshotHidesNoChannel() throws Exception {
    channel();
    try (Stream<Path> files = Files.walk(server.data.resolve("snapshots"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Files.delete(file);
      }
    }
    HttpResponse<String> shown = browser.get("/console/channels");
    assertThat(shown.statusCode()).isEqualTo(200);
    assertThat(shown.body()).contains("Refresh");
  }

  @Test
  void aChannelIsCheckedWhileOneTypesAndThenAdded() throws Exception {
    assertThat(browser.get("/console/new-channel").body()).contains("DEBIAN_12", "ROCKY_LINUX8");
    assertThat(browser.get("/console/new-channel?platform=PLAN_9").body())
        .contains("No package system knows the platform PLAN_9");
    assertThat(browser.get("/console/new-channel?platform=ROCKY_LINUX8").body())
        .contains("name=\"option--repo\"", "name=\"option--key\"", "hx-post");
    Map<String, String> form = new LinkedHashMap<>();
    form.put("csrf", browser.csrf());
    form.put("platform", "ROCKY_LINUX8");
    form.put("name", "Rocky");
    form.put("option--repo", "http://mirror.example/rocky");
    form.put("option--key", "/etc/shadow");
    form.put("agent", "bad name");
    HttpResponse<String> checked =
        browser.postRaw("/console/new-channel/check", form, Map.of("HX-Request", "true"));
    assertThat(checked.statusCode()).isEqualTo(200);
    assertThat(error(checked, "name")).contains("lower-case letters");
    assertThat(error(checked, "option--key")).contains("Name a file in /usr/share/keyrings");
    for (String elsewhere :
        List.of(
            "/etc/ssl/certs/a.pem\n/etc/shadow",
            "/etc/shadow\n/../ssl/certs/a.pem",
            "/etc/ssl/certs/../../shadow",
            "keys/a.pem")) {
      form.put("option--key", elsewhere);
      assertThat(
              error(browser.postRaw("/console/new-channel/check", form, Map.of()), "option--key"))
          .as(elsewhere)
          .contains("Name a file in /usr/share/keyrings");
    }
    form.put("option--key", "");
    assertThat(error(browser.postRaw("/console/new-channel/check", form, Map.of()), "option--repo"))
        .isNotEmpty();
    form.put("option--repo", "https://mirror.example/rocky");
    assertThat(error(browser.postRaw("/console/new-channel/check", form, Map.of()), "agent"))
        .contains("bad name");
    form.put("option--repo", "file:///etc");
    assertThat(error(browser.postRaw("/console/new-channel/check", form, Map.of()), "option--repo"))
        .contains("regild channel add");
    assertThat(channels().list()).isEmpty();
    form.put("name", "rocky-8");
    form.put("agent", "");
    form.put("option--repo", "https://127.0.0.1:1/rocky");
    assertThat(browser.postRaw("/console/new-channel/check", form, Map.of()).body())
        .contains("Its sources:", "https://127.0.0.1:1/rocky")
        .contains("regild channel add rocky-8 \\");
    HttpResponse<String> added = browser.postRaw("/console/new-channel", form, Map.of());
    assertThat(added.headers().firstValue("location"))
        .contains("/console/channels/rocky-8?done=channel-added");
    assertThat(channels().require("rocky-8").platform()).isEqualTo("ROCKY_LINUX8");
    HttpResponse<String> again = browser.postRaw("/console/new-channel", form, Map.of());
    assertThat(again.statusCode()).isEqualTo(400);
    assertThat(error(again, "name")).contains("The channel rocky-8 exists already");
    var _ = server.audited("\"operation\":\"AddChannel\"", "rocky-8");
  }

  /** A refresh would walk through it, and quote from its files. */
  @Test
  void aDirectoryOfTheServerIsNotNamedInABrowser() throws Exception {
    browser.get("/console/new-channel?platform=WINDOWS_SERVER_2022");
    Map<String, String> form = new LinkedHashMap<>();
    form.put("csrf", browser.csrf());
    form.put("platform", "WINDOWS_SERVER_2022");
    form.put("name", "win");
    form.put("option--winget-manifests", "/etc");
    form.put("option--winget-package", "Example.Agent");
    HttpResponse<String> refused = browser.postRaw("/console/new-channel", form, Map.of());
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(error(refused, "option--winget-manifests"))
        .contains("name a directory of the server");
    assertThat(channels().list()).isEmpty();
  }

  /** As if the command had added it. */
  @Test
  void aChannelOfAnUpdateServerIsRefreshedOnceADay() throws Exception {
    browser.get("/console/new-channel?platform=WINDOWS_SERVER_2022");
    assertThat(
            browser
                .post(
                    "/console/new-channel",
                    "platform",
                    "WINDOWS_SERVER_2022",
                    "name",
                    "win",
                    "option--wsus",
                    "https://127.0.0.1:1")
                .statusCode())
        .isEqualTo(303);
    assertThat(channels().require("win").refreshInterval()).isEqualTo(Duration.ofDays(1));
  }

  @Test
  void onlyOperatorsChangeWhatAllAccountsShare() throws Exception {
    channels().add(windows());
    Browser tenant =
        new Browser(server)
            .loggedIn(server.accounts.createKey(server.accounts.create("tenant"), false));
    Browser reader = new Browser(server).loggedIn(server.readOnlyKey);
    assertThat(tenant.get("/console/channels").body()).doesNotContain("Add a channel");
    assertThat(tenant.get("/console/jobs").body()).doesNotContain(">Nodes<");
    assertThat(tenant.get("/console/settings").body()).doesNotContain(">Accounts<", "doctor");
    for (String path :
        List.of(
            "/console/doctor",
            "/console/accounts/" + server.account.id() + "/quotas",
            "/console/channels/windows/remove")) {
      assertThat(tenant.get(path).statusCode()).as(path).isEqualTo(403);
    }
    assertThat(tenant.get("/console/channels/windows").body()).doesNotContain("Remove …");
    for (Browser each : List.of(tenant, reader)) {
      each.get("/console/");
      assertThat(each.get("/console/new-channel").statusCode()).isEqualTo(403);
      each.get("/console/");
      for (String path :
          List.of(
              "/console/new-channel",
              "/console/new-channel/check",
              "/console/nodes/rack-7/drain",
              "/console/accounts",
              "/console/accounts/" + server.account.id() + "/suspend",
              "/console/accounts/" + server.account.id() + "/quotas",
              "/console/channels/windows/remove",
              "/console/channels/windows/catalogue/remove",
              "/console/channels/windows/catalogue/complete")) {
        assertThat(
                each.post(path, "platform", "DEBIAN_12", "name", "x", "digest", "abcdefgh")
                    .statusCode())
            .as(path)
            .isEqualTo(403);
        each.get("/console/");
      }
      assertThat(
              each.postFile("/console/channels/windows/catalogue", each.csrf(), new byte[10])
                  .statusCode())
          .isEqualTo(403);
    }
    assertThat(channels().list()).hasSize(1);
  }

  @Test
  void aRefreshOfAnotherNodeOrACommandIsShown() throws Exception {
    channels().add(windows());
    server.database.useTransaction(handle ->
        RunningRefreshes.write(
            handle, "windows", "other", "reading documents: 3 of 10", Instant.now()));
    for (String page : List.of("/console/channels", "/console/channels/windows")) {
      assertThat(browser.get(page).body())
          .as(page)
          .contains("being refreshed", "reading documents: 3 of 10");
    }
    server.database.useTransaction(
        handle -> RunningRefreshes.end(handle, "windows", "other", Instant.now()));
    assertThat(browser.get("/console/channels").body()).doesNotContain("reading documents");
  }

  @Test
  void aChannelIsRemovedAfterAQuestionUnlessItIsBeingRefreshed() throws Exception {
    channels().add(windows());
    assertThat(browser.get("/console/channels/windows").body()).contains("Remove …");
    assertThat(browser.get("/console/channels/windows/remove").body())
        .contains("Remove the channel", "WINDOWS_SERVER_2022", "regild channel remove windows");
    try (LockFile _ = LockFile.acquire(channels().directory().resolve("windows.lock"))) {
      HttpResponse<String> busy = browser.post("/console/channels/windows/remove");
      assertThat(busy.statusCode()).isEqualTo(409);
      assertThat(busy.body()).contains("The channel windows is being refreshed or changed.");
    }
    assertThat(channels().list()).hasSize(1);
    browser.get("/console/channels/windows/remove");
    assertThat(browser.post("/console/channels/windows/remove").headers().firstValue("location"))
        .contains("/console/channels?done=channel-removed");
    assertThat(channels().list()).isEmpty();
    var _ = server.audited("\"operation\":\"RemoveChannel\"");
    browser.get("/console/channels");
    assertThat(browser.post("/console/channels/windows/remove").statusCode()).isEqualTo(404);
  }

  @Test
  void aPackageOfWindowsIsUploadedCompletedAndRemoved() throws Exception {
    channels().add(windows());
    assertThat(browser.get("/console/channels/windows").body())
        .contains("Catalogue", "Add a package", "multipart/form-data");
    HttpResponse<String> none =
        browser.postFile(
            "/console/channels/windows/catalogue", browser.csrf(), "x".getBytes(UTF_8));
    assertThat(none.statusCode()).isEqualTo(400);
    assertThat(none.body())
        .contains("can't be added", "disk.qcow2")
        .doesNotContain(server.data.toString());
    assertThat(
            browser
                .postFile("/console/channels/windows/catalogue", "wrong", new byte[10])
                .statusCode())
        .isEqualTo(403);
    assertThat(sent()).isEmpty();
    browser.get("/console/channels/windows");
    // An expression that looks for commas would try each of the spaces against all that follow.
    HttpResponse<String> endless =
        browser.post(
            "/console/channels/windows/catalogue/complete", "builds", "1" + " ".repeat(2000) + "2");
    assertThat(endless.statusCode()).isEqualTo(400);
    assertThat(endless.body()).contains("builds has more than 1000 characters");
    Path driver =
        WindowsPackages.driver(
            directory, "netx.inf", "11/01/2026,2.5.0.1", "PCI\\VEN_1AF4&DEV_1000");
    browser.get("/console/channels/windows");
    HttpResponse<String> added =
        browser.postFile("/console/channels/windows/catalogue", browser.csrf(), zipped(driver));
    assertThat(added.headers().firstValue("location"))
        .contains("/console/channels/windows?done=catalogue-changed");
    String page = browser.get("/console/channels/windows").body();
    assertThat(page).contains("netx.inf", "2.5.0.1", "Remove netx.inf");
    assertThat(sent()).isEmpty();
    Matcher digest = Pattern.compile("name=\"digest\" value=\"([0-9a-f]{12})\"").matcher(page);
    assertThat(digest.find()).isTrue();
    var _ = browser.post("/console/channels/windows/catalogue/remove", "digest", digest.group(1));
    assertThat(browser.get("/console/channels/windows").body()).contains("Empty. Add the updates");
    var _ =
        server.audited(
            "\"operation\":\"AddCataloguePackage\"", "\"operation\":\"RemoveCataloguePackage\"");
  }

  // Nodes

  @Test
  void nodesAreShownAndDrained() throws Exception {
    server.shownNodes = new OneNode();
    assertThat(browser.get("/console/jobs").body())
        .contains("rack-7", "1 of 4", "running", "the isolation vm", "5.0 GiB")
        .contains("regild nodes drain rack-7 --endpoint");
    var _ = browser.post("/console/nodes/rack-7/drain");
    assertThat(browser.get("/console/jobs").body()).contains("drained", "Resume rack-7");
    var _ = browser.post("/console/nodes/rack-7/resume");
    assertThat(browser.get("/console/jobs").body()).contains("Drain rack-7");
    assertThat(browser.post("/console/nodes/none/drain").statusCode()).isEqualTo(404);
    var _ = server.audited("\"operation\":\"DrainNode\"", "rack-7");
    assertThat(browser.get("/console/jobs").body()).contains("Waiting: the only node is drained");
  }

  private static final class OneNode implements Nodes {
    private boolean draining;

    @Override
    public List<Node> list() {
      return List.of(
          new Node(
              "rack-7",
              "host",
              "1.2.3",
              "worker",
              Instant.now(),
              Instant.now(),
              Node.State.RUNNING,
              draining,
              4,
              1,
              Ability.bits(EnumSet.of(Ability.TOOLS, Ability.VM)),
              5L << 30,
              "KVM",
              "VM",
              Optional.empty()));
    }

    @Override
    public boolean setDraining(String name, boolean draining) {
      this.draining = draining;
      return name.equals("rack-7");
    }

    @Override
    public Optional<String> waiting(Handle handle, String job) {
      return Optional.of("Waiting: the only node is drained.");
    }
  }

  // Settings

  @Test
  void aKeyIsMadeWithTheSecretAndShownOnce() throws Exception {
    browser.get("/console/settings");
    HttpResponse<String> wrong = browser.post("/console/keys", "secret", "x".repeat(40));
    assertThat(wrong.statusCode()).isEqualTo(403);
    assertThat(wrong.body()).contains("The secret is not that of the access key");
    int before = server.accounts.keys(server.account.id()).size();
    browser.get("/console/settings");
    HttpResponse<String> made =
        browser.post("/console/keys", "secret", server.key.secret(), "read-only", "1");
    assertThat(made.headers().firstValue("cache-control")).contains("no-store");
    assertThat(server.accounts.keys(server.account.id())).hasSize(before + 1);
    Matcher id = Pattern.compile("aws_access_key_id = (AKIA[A-Z0-9]{16})").matcher(made.body());
    assertThat(id.find()).isTrue();
    AccessKey key = server.accounts.findKey(id.group(1)).orElseThrow();
    assertThat(key.readOnly()).isTrue();
    assertThat(made.body()).contains(key.secret());
    assertThat(browser.get("/console/settings").body())
        .contains(key.id())
        .doesNotContain(key.secret());
    assertThat(server.audited("\"operation\":\"CreateAccessKey\"", key.id()))
        .doesNotContain(key.secret());

    var _ = browser.post("/console/keys/" + key.id() + "/disable");
    assertThat(server.accounts.findKey(key.id()).orElseThrow().enabled()).isFalse();
    assertThat(browser.post("/console/keys/" + key.id() + "/enable").statusCode()).isEqualTo(403);
    browser.get("/console/settings");
    var _ = browser.post("/console/keys/" + key.id() + "/enable", "secret", server.key.secret());
    assertThat(server.accounts.findKey(key.id()).orElseThrow().enabled()).isTrue();
    browser.get("/console/settings");
    var _ = browser.post("/console/keys/" + key.id() + "/delete", "secret", server.key.secret());
    assertThat(server.accounts.findKey(key.id())).isEmpty();
  }

  @Test
  void nobodyDisablesForeignKeysOrTheirOwnSessionsKey() throws Exception {
    AccessKey foreign = server.accounts.createKey(server.accounts.create("foreign"), false);
    browser.get("/console/settings");
    assertThat(browser.post("/console/keys/" + foreign.id() + "/disable").statusCode())
        .isEqualTo(404);
    browser.get("/console/settings");
    assertThat(browser.post("/console/keys/" + server.key.id() + "/disable").statusCode())
        .isEqualTo(409);
    assertThat(server.accounts.findKey(foreign.id()).orElseThrow().enabled()).isTrue();
    Browser reader = new Browser(server).loggedIn(server.readOnlyKey);
    assertThat(reader.post("/console/keys", "secret", server.readOnlyKey.secret()).statusCode())
        .isEqualTo(403);
  }

  @Test
  void anOperatorMakesAndSuspendsAccountsAndAsksTheDoctor() throws Exception {
    browser.get("/console/settings");
    String made =
        browser
            .post("/console/accounts", "name", "Web <team>", "secret", server.key.secret())
            .body();
    assertThat(made).contains("Web &lt;team&gt;", "aws_secret_access_key");
    Account account =
        server.accounts.list().stream()
            .filter(each -> each.name().equals("Web <team>"))
            .findFirst()
            .orElseThrow();
    browser.get("/console/settings");
    var _ = browser.post("/console/accounts/" + account.id() + "/suspend");
    assertThat(server.accounts.require(account.id()).status()).isEqualTo(Account.Status.SUSPENDED);
    assertThat(browser.post("/console/accounts/" + server.account.id() + "/suspend").statusCode())
        .isEqualTo(409);
    assertThat(browser.get("/console/doctor").body())
        .contains("1 problem", "apt-get install libguestfs0", "qemu-img version 7.2.22")
        .contains("regild doctor");
  }

  @Test
  void anOperatorChangesTheQuotasOfAnAccount() throws Exception {
    Account account = server.accounts.create("tenant");
    String path = "/console/accounts/" + account.id() + "/quotas";
    assertThat(browser.get("/console/settings").body()).contains("href=\"" + path + "\"");
    assertThat(browser.get(path).body())
        .contains("Quotas of <bdi>tenant</bdi>", "The server's limit is 1,000")
        .contains("regild account quota " + account.id());
    for (String wrong : List.of("-1", "1000001", "many", "99999999999")) {
      HttpResponse<String> refused = browser.post(path, "images", wrong, "copies", "3");
      assertThat(refused.statusCode()).as(wrong).isEqualTo(400);
      assertThat(refused.body())
          .contains("id=\"images-error\"", "between 0 and 1,000,000", "value=\"3\"");
    }
    assertThat(quotas(account)).as("all or nothing").isEmpty();
    assertThat(
            browser.post(path, "images", "5", "tags", "0", "copies", "").headers().map().toString())
        .contains("done=quotas-saved");
    assertThat(quotas(account))
        .containsExactly(Map.entry(Quota.IMAGES, 5), Map.entry(Quota.TAGS, 0));
    browser.get(path);
    var _ = browser.post(path, "images", "", "tags", "10");
    assertThat(quotas(account)).containsExactly(Map.entry(Quota.TAGS, 10));
    var _ = server.audited("\"operation\":\"SetAccountQuotas\"", account.id());
    assertThat(browser.get("/console/accounts/000000000000/quotas").statusCode()).isEqualTo(404);
  }

  private Map<Quota, Integer> quotas(Account account) {
    return server.database.read(handle -> AccountQuotas.list(handle, account.id()));
  }

  @Test
  void aSecretIsNotKeptWhenTheSessionEndsInMidForm() throws Exception {
    browser.get("/console/settings");
    Map<String, String> form =
        Map.of("csrf", "of-an-earlier-session", "secret", "typed-secret", "name", "n");
    HttpResponse<String> again =
        browser.postRaw("/console/accounts", form, Map.of("Sec-Fetch-Site", "same-origin"));
    assertThat(again.body()).contains("name=\"name\" value=\"n\"").doesNotContain("typed-secret");
    browser.cookies.remove("regild-session");
    HttpResponse<String> asked =
        browser.postRaw("/console/accounts", form, Map.of("Sec-Fetch-Site", "same-origin"));
    assertThat(asked.body()).contains("kept.name").doesNotContain("typed-secret");
  }

  // Uploads

  @Test
  void anUploadIsCutOffAndGoesOnWhereItEnded() throws Exception {
    byte[] disk =
        Files.readAllBytes(
            server.disks.path(
                server.disks.find(server.account.id(), ServerFixture.DISK).orElseThrow()));
    browser.get("/console/import");
    HttpResponse<byte[]> begun = upload("/console/uploads?bytes=" + disk.length, new byte[0]);
    assertThat(begun.statusCode()).isEqualTo(201);
    String path = begun.headers().firstValue("location").orElseThrow();
    int half = disk.length / 2;
    assertThat(upload(path + "?offset=0", Arrays.copyOf(disk, half)).statusCode()).isEqualTo(204);
    assertThat(browser.get("/console/import").body())
        .contains("Incomplete uploads", path.replace("/console/uploads/", ""));
    assertThat(bytes(path).headers().firstValue("upload-offset")).contains(String.valueOf(half));
    assertThat(upload(path + "?offset=0", disk).statusCode()).isEqualTo(409);
    HttpResponse<byte[]> done =
        upload(path + "?offset=" + half, Arrays.copyOfRange(disk, half, disk.length));
    assertThat(done.statusCode()).isEqualTo(201);
    String next = done.headers().firstValue("location").orElseThrow();
    assertThat(browser.get(next).body()).contains("fit for an import");
    assertThat(upload(path + "?offset=" + disk.length, new byte[0]).statusCode()).isEqualTo(201);
    assertThat(browser.get("/console/import").body()).doesNotContain("that are not complete");
  }

  @Test
  void uploadsAreRefusedWithoutTheCodeForReadersAndForStrangers() throws Exception {
    byte[] text = "<script>no disk</script>".getBytes(UTF_8);
    browser.get("/console/import");
    String code = browser.csrf();
    assertThat(send(browser, "", "/console/uploads?bytes=10", new byte[0]).statusCode())
        .isEqualTo(403);
    HttpResponse<byte[]> begun = upload("/console/uploads?bytes=" + text.length, new byte[0]);
    String path = begun.headers().firstValue("location").orElseThrow();
    Browser other =
        new Browser(server)
            .loggedIn(server.accounts.createKey(server.accounts.create("other"), false));
    assertThat(send(other, other.csrf(), path + "?offset=0", text).statusCode()).isEqualTo(404);
    assertThat(other.post(path + "/discard").statusCode()).isEqualTo(404);
    Browser reader = new Browser(server).loggedIn(server.readOnlyKey);
    assertThat(send(reader, reader.csrf(), path + "?offset=0", text).statusCode()).isEqualTo(403);
    assertThat(send(browser, "x" + code, path + "?offset=0", text).statusCode()).isEqualTo(403);
    HttpResponse<byte[]> refused = upload(path + "?offset=0", text);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(new String(refused.body(), UTF_8)).doesNotContain("<script>no");
    assertThat(server.uploads.list(server.account.id())).isEmpty();
    begun = upload("/console/uploads?bytes=10", new byte[0]);
    path = begun.headers().firstValue("location").orElseThrow();
    browser.get("/console/import");
    assertThat(browser.post(path + "/discard").statusCode()).isEqualTo(303);
    assertThat(server.uploads.list(server.account.id())).isEmpty();
    assertThat(upload("/console/uploads?bytes=0", new byte[0]).statusCode()).isEqualTo(400);
    assertThat(upload("/console/uploads?bytes=x", new byte[0]).statusCode()).isEqualTo(400);
  }

  private void channel() throws Exception {
    channel("3.0.22-1");
  }

  private void channel(String newest) throws Exception {
    new ConsoleScene(server).channels(directory, newest);
  }

  private static Channel windows() {
    return new Channel("windows", "WINDOWS_SERVER_2022", List.of(new CatalogueSource("amd64")));
  }

  private ChannelStore channels() throws Exception {
    return new ChannelStore(server.data, Clock.systemUTC());
  }

  private static String error(HttpResponse<String> answer, String field) {
    Matcher matcher =
        Pattern.compile("id=\"" + field + "-error\"[^>]*><bdi>([^<]*)</bdi>")
            .matcher(answer.body());
    assertThat(matcher.find()).as(field).isTrue();
    return matcher.group(1);
  }

  /** What is left of files that were sent. */
  private List<Path> sent() throws Exception {
    try (var files = Files.list(server.data.resolve("channels"))) {
      return files.filter(each -> each.getFileName().toString().startsWith(".sent")).toList();
    }
  }

  private static byte[] zipped(Path directory) throws Exception {
    if (Files.isRegularFile(directory)) {
      return Files.readAllBytes(directory);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes);
        var files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        zip.putNextEntry(new ZipEntry(directory.relativize(file).toString()));
        zip.write(Files.readAllBytes(file));
      }
    }
    return bytes.toByteArray();
  }

  private HttpResponse<byte[]> upload(String path, byte[] content) throws Exception {
    return send(browser, browser.csrf(), path, content);
  }

  private HttpResponse<byte[]> send(Browser sender, String code, String path, byte[] content)
      throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(server.uri(path))
                .header("Cookie", cookies(sender))
                .header("X-Regild-Csrf", code)
                .header("Content-Type", "application/octet-stream")
                .POST(
                    content.length == 0
                        ? BodyPublishers.noBody()
                        : BodyPublishers.ofByteArray(content))
                .build(),
            BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> bytes(String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(server.uri(path)).header("Cookie", cookies(browser)).build(),
            BodyHandlers.ofByteArray());
  }

  private static String cookies(Browser browser) {
    return String.join(
        "; ",
        browser.cookies.entrySet().stream()
            .map(each -> each.getKey() + "=" + each.getValue())
            .toList());
  }
}
