package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.channel.ring.Ring;
import dev.regild.cli.Regild;
import dev.regild.fixtures.EachDatabase;
import dev.regild.machine.Program;
import dev.regild.policy.line.Alias;
import dev.regild.policy.line.AliasName;
import dev.regild.policy.line.Aliases;
import dev.regild.policy.schedule.Schedule;
import dev.regild.policy.schedule.Schedules;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The console's pages about policies: what each shows, what it would do, and what it does. */
@EachDatabase
class ConsolePoliciesTest {
  @RegisterExtension static final RunningServer RUNNING = new RunningServer();

  @TempDir Path directory;
  private ServerFixture server;
  private ConsoleScene scene;
  private Browser browser;

  @BeforeEach
  void start(ServerFixture server) throws Exception {
    this.server = server;
    scene = new ConsoleScene(server);
    scene.build();
    browser = new Browser(server).loggedIn(server.key);
  }

  @Test
  void emptyPagesSayHowToBegin() throws Exception {
    Map<String, String> words =
        Map.of(
            "/console/policies", "Begin with an image below",
            "/console/schedules", "Add your first schedule",
            "/console/rings", "Add a channel</a> first",
            "/console/retention", "Begin a line</a> first",
            "/console/revocations", "See first what it would mark",
            "/console/events?before=1", "No events yet",
            "/console/notices", "Add the first one below");
    for (String path : words.keySet()) {
      HttpResponse<String> page = browser.get(path);
      assertThat(page.statusCode()).as(path).isEqualTo(200);
      assertThat(page.body()).as(path).contains("class=\"empty\"", words.get(path));
    }
    assertThat(browser.get("/console/events").body()).as("of the login").contains("key.first-used");
  }

  @Test
  void aLineBeginsAndItsAliasMovesAndComesBack() throws Exception {
    browser.get("/console/policies");
    HttpResponse<String> refused = browser.post("/console/lines", "line", "o/x", "image", "kiosk");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(error(refused, "line")).contains("is not the name of a line");
    assertThat(refused.body()).contains("value=\"kiosk\"", "regild line add o/x kiosk --endpoint");
    refused = browser.post("/console/lines", "line", "office", "image", "none");
    assertThat(error(refused, "image")).contains("none");
    HttpResponse<String> begun =
        browser.post("/console/lines", "line", "office", "image", "office-2026-10");
    assertThat(location(begun)).isEqualTo("/console/lines/office?done=line-changed");
    assertThat(browser.get("/console/lines/office").body())
        .as("its predecessors joined")
        .contains("office-2026-06", "office-2026-08", "office-2026-10");

    HttpResponse<String> set =
        browser.post("/console/lines/office/aliases", "alias", "prod", "image", "office-2026-08");
    assertThat(location(set)).startsWith("/console/lines/office/aliases/prod");
    assertThat(
            error(
                browser.post("/console/lines/office/aliases", "alias", "a b", "image", "kiosk"),
                "alias"))
        .contains("is not the name of an alias");
    String preview = browser.get("/console/lines/office/aliases/prod?image=office-2026-10").body();
    assertThat(preview)
        .contains("The alias names office-2026-08 now.", "office-2026-10 can't be deleted")
        .contains("/console/compare?first=office-2026-08&amp;second=office-2026-10")
        .contains("regild alias set office/prod office-2026-10 --endpoint");
    assertThat(named("office/prod")).contains("office-2026-08");
    HttpResponse<String> foreign =
        browser.get("/console/lines/office/aliases/prod?image=office-2026-11");
    assertThat(foreign.statusCode()).isEqualTo(400);
    assertThat(error(foreign, "image")).contains("only an AVAILABLE image");
    browser.get("/console/lines/office/aliases/prod");
    var _ = browser.post("/console/lines/office/aliases/prod", "image", "office-2026-10");
    assertThat(named("office/prod")).contains("office-2026-10");
    assertThat(browser.get("/console/lines/office/aliases/prod").body())
        .contains("Roll back to <bdi>office-2026-08</bdi>", server.key.id());
    HttpResponse<String> late =
        browser.post("/console/lines/office/aliases/prod/rollback", "image", "office-2026-08");
    assertThat(late.statusCode()).isEqualTo(409);
    assertThat(late.body()).contains("now names another image");
    assertThat(named("office/prod")).contains("office-2026-10");
    browser.get("/console/lines/office/aliases/prod");
    var _ = browser.post("/console/lines/office/aliases/prod/rollback", "image", "office-2026-10");
    assertThat(named("office/prod")).contains("office-2026-08");
    assertThat(browser.get("/console/lines/office/aliases/prod").body())
        .contains("rolled back", "It named no other image before");
    assertThat(browser.get("/console/images/office-2026-08/policies").body())
        .contains("/console/lines/office/aliases/prod", "alias office/prod");
    browser.get("/console/lines/office");
    var _ = browser.post("/console/lines/office/aliases/prod/remove");
    assertThat(named("office/prod")).isEmpty();
    assertThat(browser.get("/console/lines/office/aliases/prod").body())
        .contains("It names no image", "removed");
    browser.get("/console/lines/office");
    var _ = browser.post("/console/lines/office/remove", "image", "office-2026-06");
    assertThat(browser.get("/console/images/office-2026-06/policies").body())
        .contains("The image is not in a line");
    assertThat(browser.get("/console/lines/none").statusCode()).isEqualTo(404);
    assertThat(browser.get("/console/lines/office/aliases/none").statusCode()).isEqualTo(404);
    assertThat(browser.get("/console/lines/%00").statusCode()).isEqualTo(404);
    var _ =
        server.audited(
            "\"operation\":\"SetAlias\",\"resources\":[\"office/prod\",\"office-2026-10\"]",
            "\"operation\":\"RollBackAlias\"");
  }

  @Test
  void aScheduleIsPreviewedBeforeItIsAdded() throws Exception {
    scene.channels(directory, "3.0.22-1");
    browser.get("/console/policies");
    var _ = browser.post("/console/lines", "line", "kiosk", "image", "kiosk");
    var _ = browser.post("/console/lines", "line", "office", "image", "office-2026-10");
    assertThat(browser.get("/console/new-schedule?line=kiosk").body())
        .contains(">kiosk</textarea>", "hx-post=\"/console/new-schedule/check\"");
    Map<String, String> form = new LinkedHashMap<>();
    form.put("csrf", browser.csrf());
    form.put("name", "nightly");
    form.put("lines", "kiosk");
    form.put("cron", "0 2 30 2 *");
    assertThat(error(sent("/console/new-schedule", form), "cron")).contains("never fires");
    form.put("cron", "0 2 * * *");
    form.put("zone", "Mars/Base");
    assertThat(error(sent("/console/new-schedule", form), "zone")).contains("does not exist");
    form.put("zone", "Europe/Berlin");
    form.put("canary", "many");
    assertThat(error(sent("/console/new-schedule", form), "canary")).contains("whole number");
    form.put("canary", "");
    form.put("pattern", "fixed");
    assertThat(error(sent("/console/new-schedule", form), "pattern")).contains("Add {n}");
    form.put("pattern", "");
    form.put("cves", "CVE-1");
    assertThat(error(sent("/console/new-schedule", form), "cves")).contains("CVE-2024-3094");
    form.put("cves", "");
    form.put("quiet", "soon");
    HttpResponse<String> checked =
        browser.postRaw("/console/new-schedule/check", form, Map.of("HX-Request", "true"));
    assertThat(checked.statusCode()).as("htmx takes no part of an error").isEqualTo(200);
    assertThat(error(checked, "quiet")).contains("30m, 3h or 7d");
    form.put("quiet", "");

    String preview = sent("/console/new-schedule/preview", form).body();
    assertThat(preview)
        .containsPattern("<summary>Now: 1 update</summary>")
        .contains("regild schedule add nightly", "--zone Europe/Berlin");
    assertThat(Pattern.compile("<summary>").matcher(preview).results().count())
        .as("now, the next five times, and the commands")
        .isEqualTo(7);
    form.put("security", "1");
    assertThat(sent("/console/new-schedule/preview", form).body())
        .contains("Now: no update", "its update has 1 change, and none fixes a security problem");
    assertThat(schedule("nightly")).as("a preview adds nothing").isEmpty();
    assertThat(location(sent("/console/new-schedule", form)))
        .isEqualTo("/console/schedules/nightly?done=schedule-saved");
    assertThat(schedule("nightly").orElseThrow().spec().when().security()).isTrue();
    assertThat(error(sent("/console/new-schedule", form), "name")).contains("exists already");
    form.put("name", "other");
    assertThat(error(sent("/console/new-schedule", form), "cron")).contains("at the same times");

    assertThat(browser.get("/console/schedules").body())
        .contains("nightly", "0 2 * * * Europe/Berlin", "a change fixes a security problem");
    assertThat(browser.get("/console/schedules/nightly").body())
        .contains("hx-get=\"/console/schedules/nightly/forecast\"", "It has not run yet");
    assertThat(browser.get("/console/schedules/nightly/forecast").body())
        .contains("id=\"forecast\"", "its update has 1 change, and none fixes a security problem");
    browser.get("/console/schedules/nightly");
    var _ = browser.post("/console/schedules/nightly/run");
    assertThat(browser.get("/console/schedules/nightly").body())
        .contains("no update", "By <bdi>" + server.key.id());
    assertThat(browser.get("/console/schedules/nightly/change").body())
        .contains("value=\"Europe/Berlin\"", "name=\"security\" value=\"1\" checked")
        .contains("regild policy apply schedule.yaml");
    form.put("csrf", browser.csrf());
    form.put("security", "");
    form.put("agent", "1");
    assertThat(location(sent("/console/schedules/nightly/change", form)))
        .startsWith("/console/schedules/nightly");
    assertThat(schedule("nightly").orElseThrow().spec().when().agent()).isTrue();
    assertThat(schedule("other")).as("the name stays").isEmpty();
    assertThat(sent("/console/schedules/none/change", form).statusCode()).isEqualTo(404);
    browser.get("/console/schedules/nightly");
    var _ = browser.post("/console/schedules/nightly/disable");
    assertThat(schedule("nightly").orElseThrow().enabled()).isFalse();
    assertThat(browser.get("/console/schedules/nightly").body()).contains(">Enable<");
    var _ = browser.post("/console/schedules/nightly/remove");
    assertThat(schedule("nightly")).isEmpty();
    assertThat(browser.get("/console/schedules").body()).contains("No schedules yet");
    var _ =
        server.audited(
            "\"operation\":\"AddSchedule\",\"resources\":[\"nightly\"]",
            "\"operation\":\"RunSchedule\"",
            "\"operation\":\"RemoveSchedule\"");
  }

  @Test
  void aRingIsPromotedAsItsPreviewSays() throws Exception {
    TestKey key = TestKey.simple();
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(directory.resolve("repository")))) {
      ChannelStore channels = new ChannelStore(server.data, Clock.systemUTC());
      channels.add(new Channel("debian-12", "DEBIAN_12", List.of(repository.source(key))));
      promote(version -> {
        repository.publish(key, Map.of(), List.of(new Deb("openssl", version)));
        var _ = channels.refresh("debian-12");
      });
    }
  }

  /** Has the channel offer a version of openssl. */
  private interface Offer {
    void version(String version) throws Exception;
  }

  private void promote(Offer offer) throws Exception {
    offer.version("3.0.22-1");
    browser.get("/console/policies");
    var _ = browser.post("/console/lines", "line", "kiosk", "image", "kiosk");
    assertThat(browser.get("/console/channels/debian-12").body())
        .contains("/console/rings?channel=debian-12");
    assertThat(browser.get("/console/rings?channel=debian-12").body())
        .contains("No rings yet", "value=\"debian-12\"");
    HttpResponse<String> refused =
        browser.post("/console/rings", "channel", "debian-12", "ring", "De v");
    assertThat(error(refused, "ring")).contains("small letters");
    var _ = browser.post("/console/rings", "channel", "debian-12", "ring", "dev");
    refused =
        browser.post(
            "/console/rings", "channel", "debian-12", "ring", "x", "from", "dev", "days", "soon");
    assertThat(error(refused, "days")).contains("whole number");
    HttpResponse<String> added =
        browser.post(
            "/console/rings",
            "channel",
            "debian-12",
            "ring",
            "prod",
            "from",
            "dev",
            "qualified",
            "1");
    assertThat(location(added)).startsWith("/console/rings/debian-12/prod");
    browser.get("/console/rings/debian-12/prod");
    refused = browser.post("/console/rings/debian-12/prod/lines", "line", "none");
    assertThat(error(refused, "line")).contains("does not exist");
    var _ = browser.post("/console/rings/debian-12/prod/lines", "line", "kiosk");
    refused = browser.post("/console/rings/debian-12/prod", "from", "prod", "qualified", "1");
    assertThat(error(refused, "from")).contains("in a circle");

    assertThat(browser.get("/console/rings?channel=debian-12&from=1").body())
        .contains(
            "href=\"/console/rings?channel=debian-12\">First", "/console/rings/debian-12/prod")
        .doesNotContain("href=\"/console/rings/debian-12/dev\"");

    String preview = browser.get("/console/rings/debian-12/prod/promotion").body();
    assertThat(preview)
        .contains("closed", "0 of 1 images", "follow the ring: 1.", "kiosk")
        .contains("openssl", "3.0.11-1", "3.0.22-1", "CVEs that they would fix")
        .contains("regild ring promote debian-12 dev prod --preview --endpoint");
    String snapshot = field(preview, "snapshot");
    refused = browser.post("/console/rings/debian-12/prod/promotion", "snapshot", snapshot);
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(refused.body()).contains("can't be promoted to the ring prod yet");
    refused =
        browser.post(
            "/console/rings/debian-12/prod/promotion", "snapshot", "other", "reason", "urgent");
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.body()).contains("has another snapshot by now");
    assertThat(standing("prod")).isEmpty();
    var _ =
        browser.post(
            "/console/rings/debian-12/prod/promotion", "snapshot", snapshot, "reason", "urgent");
    assertThat(standing("prod")).contains(snapshot);
    assertThat(browser.get("/console/rings/debian-12/prod").body())
        .contains("promoted from <bdi>dev</bdi>", "although a gate was closed: <bdi>urgent</bdi>")
        .contains("nothing can be rolled back");
    assertThat(browser.get("/console/rings/debian-12/prod/promotion").body())
        .contains("has this snapshot already");
    offer.version("3.0.23-1");
    String next = field(browser.get("/console/rings/debian-12/prod/promotion").body(), "snapshot");
    assertThat(next).isNotEqualTo(snapshot);
    var _ =
        browser.post(
            "/console/rings/debian-12/prod/promotion", "snapshot", next, "reason", "again");
    assertThat(standing("prod")).contains(next);
    assertThat(browser.get("/console/rings/debian-12/prod").body())
        .contains("Roll back to snapshot", "name=\"snapshot\" value=\"" + next + "\"");
    refused = browser.post("/console/rings/debian-12/prod/rollback", "snapshot", snapshot);
    assertThat(refused.statusCode()).as("the button was pressed before").isEqualTo(409);
    assertThat(standing("prod")).contains(next);
    browser.get("/console/rings/debian-12/prod");
    var _ = browser.post("/console/rings/debian-12/prod/rollback", "snapshot", next);
    assertThat(standing("prod")).contains(snapshot);
    var _ =
        server.audited(
            "\"operation\":\"PromoteRing\"", "\"operation\":\"RollBackRing\"", "snapshot " + next);
    browser.get("/console/rings/debian-12/prod");
    assertThat(browser.post("/console/rings/debian-12/prod/remove").statusCode()).isEqualTo(409);
    browser.get("/console/rings/debian-12/prod");
    var _ = browser.post("/console/rings/debian-12/prod/lines/remove", "line", "kiosk");
    var _ = browser.post("/console/rings/debian-12/prod/remove");
    assertThat(browser.get("/console/rings/debian-12/prod").statusCode()).isEqualTo(404);
  }

  @Test
  void whatThePreviewOfRetentionShowsIsDoneAndUndone() throws Exception {
    browser.get("/console/policies");
    var _ = browser.post("/console/lines", "line", "office", "image", "office-2026-10");
    assertThat(browser.get("/console/retention").body()).contains("value=\"3\"", "value=\"7\"");
    HttpResponse<String> refused =
        browser.post("/console/retention", "line", "office", "keep", "0");
    assertThat(error(refused, "keep")).contains("keeps 1 to");
    refused = browser.post("/console/retention", "line", "office", "keep", "1", "undo", "never");
    assertThat(error(refused, "undo")).contains("whole number");
    refused = browser.post("/console/retention", "line", "none", "keep", "1");
    assertThat(error(refused, "line")).contains("does not exist");
    assertThat(refused.body()).contains("regild retention set none --keep 1 --endpoint");
    var _ = browser.post("/console/retention", "line", "office", "keep", "1", "manual", "1");
    assertThat(browser.get("/console/retention").body()).contains("only by hand");
    assertThat(browser.get("/console/retention?after=office").body())
        .contains("href=\"/console/retention\">First")
        .doesNotContain("Preview the retention of office");
    String preview = browser.get("/console/retention/preview?line=office").body();
    assertThat(preview)
        .contains("office-2026-06", "office-2026-08", "office-2026-09", "not among the newest 1")
        .contains("delete 3 images", "That frees");
    String plan = field(preview, "plan");
    assertThat(preview).contains("regild retention run office --plan " + plan);
    server.database.useTransaction(handle -> scene.set(handle, "office/old", "office-2026-06"));
    refused = browser.post("/console/retention/run", "line", "office", "plan", plan);
    assertThat(refused.statusCode()).isEqualTo(409);
    assertThat(refused.body()).contains("is out of date").contains("alias office/old");
    assertThat(browser.get("/console/images/office-2026-08").statusCode()).isEqualTo(200);
    assertThat(browser.get("/console/retention").statusCode()).isEqualTo(200);
    assertThat(browser.post("/console/retention/run", "line", "office", "plan", "").statusCode())
        .as("nothing is done that no page has shown")
        .isEqualTo(400);
    preview = browser.get("/console/retention/preview?line=office").body();
    String done =
        browser
            .post("/console/retention/run", "line", "office", "plan", field(preview, "plan"))
            .body();
    assertThat(done).contains("What was done", "Deleted: 2 images");
    assertThat(browser.get("/console/images/office-2026-08").statusCode()).isEqualTo(404);
    assertThat(browser.get("/console/retention").body())
        .contains("aria-label=\"Undo the deletion of office-2026-08\"");
    assertThat(location(browser.post("/console/retention/deleted/office-2026-08/restore")))
        .isEqualTo("/console/images/office-2026-08?done=restored");
    assertThat(browser.get("/console/images/office-2026-08/policies").body())
        .contains("tag regild:keep");
    var _ = server.audited("\"operation\":\"RunRetention\"", "\"operation\":\"RestoreImage\"");
    browser.get("/console/retention");
    var _ = browser.post("/console/retention/lines/office/remove");
    assertThat(browser.get("/console/retention/preview?line=office").statusCode()).isEqualTo(404);
  }

  @Test
  void aRevocationShowsWhatItMarksBeforeAndAfter() throws Exception {
    assertThat(browser.get("/console/images/kiosk/policies").body())
        .contains("/console/revoke?image=kiosk");
    assertThat(browser.get("/console/revoke?image=kiosk").body())
        .contains("value=\"kiosk\"")
        .doesNotContain("would be marked");
    HttpResponse<String> refused = browser.get("/console/revoke?image=kiosk&reason=");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(error(refused, "reason")).contains("needs a reason");
    assertThat(error(browser.get("/console/revoke?package=a&version=..&reason=x"), "version"))
        .contains("5.6.0..5.6.1");
    assertThat(error(browser.get("/console/revoke?image=none&reason=x"), "image")).contains("none");
    assertThat(browser.get("/console/revoke?image=kiosk&package=openssl&reason=x").statusCode())
        .isEqualTo(400);
    String preview = browser.get("/console/revoke?image=office-2026-08&reason=stolen").body();
    assertThat(preview)
        .contains("4 images would be marked", "office-2026-10", "updated from")
        .contains("regild revoke office-2026-08 --reason stolen --preview --endpoint");
    assertThat(server.fleet.revocations().list(server.owner("us-east-1"))).isEmpty();
    List<String> form = List.of("image", "office-2026-08", "reason", "stolen", "plan");
    for (String plan : List.of("", "0000000000000000")) {
      HttpResponse<String> unseen = browser.post("/console/revoke", with(form, plan));
      assertThat(unseen.statusCode()).isEqualTo(plan.isEmpty() ? 400 : 409);
      assertThat(unseen.body())
          .as("the new preview")
          .contains("4 images would be marked", field(preview, "plan"));
    }
    assertThat(server.fleet.revocations().list(server.owner("us-east-1"))).isEmpty();
    String page =
        location(browser.post("/console/revoke", with(form, field(preview, "plan"))))
            .replaceFirst("\\?.*", "");
    assertThat(browser.get(page).body())
        .contains("stolen", "office-2026-10", "named", "regild revocation undo");
    assertThat(browser.get("/console/images/office-2026-10/policies").body())
        .contains("Revoked", "stolen", page);
    assertThat(browser.get("/console/revocations").body()).contains("office-2026-08", "revoked");
    browser.get(page);
    var _ = browser.post(page + "/undo");
    assertThat(browser.get(page).body()).contains("undone").doesNotContain(">Undo<");
    assertThat(browser.get("/console/images/office-2026-10/policies").body())
        .doesNotContain("Show the revocation");
    assertThat(browser.get("/console/revocations/none").statusCode()).isEqualTo(404);
  }

  @Test
  void noticesShowTheStateOfTheirDeliveriesAndEventsWhatHappened() throws Exception {
    scene.channels(directory, "3.0.22-1");
    scene.policies();
    assertThat(browser.get("/console/events").body())
        .contains("image.revoked", "alias.moved", "ring.promoted", "thin-client-2");
    assertThat(browser.get("/console/events?type=alias.moved&subject=kiosk").body())
        .contains("kiosk/latest")
        .doesNotContain("office/prod", "<th scope=\"row\"><bdi>thin");
    assertThat(browser.get("/console/events?before=1").body()).contains("No events yet");
    String page = browser.get("/console/notices").body();
    assertThat(page).contains("chat", "12", "The server tries again").doesNotContain("whsec_");
    HttpResponse<String> refused =
        browser.post("/console/notices", "name", "b d", "to", "https://127.0.0.1/x");
    assertThat(error(refused, "name")).contains("is not the name of a notice");
    refused = browser.post("/console/notices", "name", "own", "to", "https://10.0.0.1/x");
    assertThat(error(refused, "to")).contains("10.0.0.1");
    assertThat(
            browser
                .post(
                    "/console/notices",
                    "name",
                    "own",
                    "to",
                    server.uri("/regild/v1/receiver").toString(),
                    "event",
                    "image.revoked")
                .body())
        .contains("whsec_", "regild notice secret own");
    assertThat(browser.get("/console/notices").body()).contains("image.revoked");
    assertThat(browser.post("/console/notices/own/secret").body()).contains("whsec_");
    var _ = browser.post("/console/notices/own/remove");
    assertThat(browser.get("/console/notices").body()).doesNotContain("image.revoked</td>");
    Browser reader = new Browser(server).loggedIn(server.readOnlyKey);
    reader.get("/console/notices");
    assertThat(reader.post("/console/notices/chat/secret").body()).doesNotContain("whsec_");
  }

  @Test
  void whoMayOnlyLookSeesEverythingAndChangesNothing() throws Exception {
    scene.channels(directory, "3.0.22-1");
    scene.policies();
    Browser reader = new Browser(server).loggedIn(server.readOnlyKey);
    Browser stranger =
        new Browser(server)
            .loggedIn(server.accounts.createKey(server.accounts.create("stranger"), false));
    for (String path : pages()) {
      HttpResponse<String> page = reader.get(path);
      assertThat(page.statusCode()).as(path).isEqualTo(200);
      assertThat(page.body())
          .as(path)
          .contains("read-only")
          .doesNotContainPattern(
              "method=\"post\""
                  + " action=\"/console/(?!logout|theme|new-schedule|schedules/nightly/change)");
    }
    List<String> acts =
        List.of(
            "/console/lines",
            "/console/lines/office/add",
            "/console/lines/office/remove",
            "/console/lines/office/aliases",
            "/console/lines/office/aliases/prod",
            "/console/lines/office/aliases/prod/rollback",
            "/console/lines/office/aliases/prod/remove",
            "/console/new-schedule",
            "/console/schedules/nightly/change",
            "/console/schedules/nightly/enable",
            "/console/schedules/nightly/disable",
            "/console/schedules/nightly/run",
            "/console/schedules/nightly/remove",
            "/console/rings",
            "/console/rings/debian-12/prod",
            "/console/rings/debian-12/prod/remove",
            "/console/rings/debian-12/prod/rollback",
            "/console/rings/debian-12/prod/lines",
            "/console/rings/debian-12/prod/lines/remove",
            "/console/rings/debian-12/prod/promotion",
            "/console/retention",
            "/console/retention/run",
            "/console/retention/lines/office/remove",
            "/console/retention/deleted/thin-client-1/restore",
            "/console/revoke",
            scene.revocationPage() + "/undo",
            "/console/notices",
            "/console/notices/chat/secret",
            "/console/notices/chat/remove");
    for (String path : acts) {
      reader.get("/console/");
      assertThat(reader.post(path, "line", "office").statusCode()).as(path).isEqualTo(403);
      assertThat(browser.postRaw(path, Map.of("csrf", "x"), Map.of()).statusCode())
          .as("without its code: " + path)
          .isEqualTo(403);
      stranger.get("/console/");
      assertThat(stranger.post(path, "line", "office", "image", "kiosk").statusCode())
          .as("of another account: " + path)
          .isBetween(400, 409);
    }
    assertThat(stranger.get("/console/rings/debian-12/test").body())
        .as("whoever promoted it is an operator")
        .contains("<bdi>an operator</bdi>");
    assertThat(stranger.get("/console/rings/debian-12/prod/promotion").statusCode())
        .as("it names the images of all accounts")
        .isEqualTo(403);
    for (String path :
        List.of(
            "/console/lines/office",
            "/console/lines/office/aliases/prod",
            "/console/schedules/nightly",
            "/console/schedules/nightly/forecast",
            "/console/images/kiosk/policies",
            "/console/retention/preview?line=office",
            scene.revocationPage())) {
      assertThat(stranger.get(path).statusCode()).as(path).isEqualTo(404);
    }
    assertThat(stranger.get("/console/events").body()).doesNotContain("kiosk", "thin-client");
    assertThat(named("office/prod")).contains("office-2026-10");
    assertThat(server.fleet.retentions().deleted(server.owner("us-east-1"))).hasSize(1);
  }

  @Test
  void whatOthersWroteStaysText() throws Exception {
    scene.channels(directory, "3.0.22-1");
    scene.policies();
    for (String path : pages()) {
      assertThat(browser.get(path).body())
          .as(path)
          .doesNotContain("<img src=x", "<script>x", "\u202E", "\u0007")
          .doesNotContain("<style", " style=", " onclick");
    }
    assertThat(browser.get("/console/rings/debian-12/test").body())
        .contains("although a gate was closed: <bdi>&lt;img src=x onerror=alert(1)&gt;");
    assertThat(
            browser
                .get(
                    "/console/revoke?image=%22%3E%3Cscript%3Ex&reason=%3Cimg%20src=x%20onerror=alert(1)%3E")
                .body())
        .doesNotContain("<script>x", "<img src=x")
        .contains("regild revoke '\"&gt;&lt;script&gt;x' --reason");
  }

  /** With names that do not exist in place of what nobody has typed; but no page is wrong. */
  @Test
  void theCommandsThatPagesShowAreCommands() throws Exception {
    scene.channels(directory, "3.0.22-1");
    scene.policies();
    var _ = CommandLineOf.of(server);
    StringBuilder shown = new StringBuilder();
    for (String path : pages()) {
      Matcher block =
          Pattern.compile("<h2>regild</h2>\\s*<pre[^>]*><code>([^<]*)</code>")
              .matcher(browser.get(path).body());
      while (block.find()) {
        shown.append(
            block.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
        shown.append('\n');
      }
    }
    String script =
        """
        cd '%s'
        regild() { for each; do printf '%%s\\001' "$each"; done; printf '\\002'; }
        %s
        """
            .formatted(directory, shown);
    List<List<String>> commands =
        Stream.of(Program.of("sh", "-c", script).run().split("\u0002"))
            .filter(each -> !each.isBlank())
            .map(each -> List.of(each.split("\u0001")))
            .filter(words -> !words.contains("--follow"))
            .toList();
    assertThat(commands).hasSizeGreaterThan(30);
    for (List<String> words : commands) {
      List<String> all = new ArrayList<>(words);
      all.replaceAll(
          word -> word.equals("schedule.yaml") ? directory.resolve(word).toString() : word);
      all.addAll(List.of("--data", server.data.toString()));
      StringWriter said = new StringWriter();
      PrintWriter out = new PrintWriter(said, true);
      assertThat(Regild.run(out, out, all.toArray(String[]::new)))
          .as("%s%n%s", words, said)
          .isBetween(0, 1);
    }
  }

  private List<String> pages() {
    return List.of(
        "/console/policies",
        "/console/lines/office",
        "/console/lines/office/aliases/prod",
        "/console/schedules",
        "/console/schedules/kiosks",
        "/console/schedules/nightly/forecast",
        "/console/new-schedule",
        "/console/schedules/nightly/change",
        "/console/rings",
        "/console/rings/debian-12/test",
        "/console/rings/debian-12/prod/promotion",
        "/console/retention",
        "/console/retention/preview",
        "/console/revocations",
        scene.revocationPage(),
        "/console/revoke",
        "/console/events",
        "/console/notices",
        "/console/images/thin-client-2/policies");
  }

  private HttpResponse<String> sent(String path, Map<String, String> form) throws Exception {
    return browser.postRaw(path, form, Map.of());
  }

  private Optional<String> named(String alias) {
    return server.database.read(handle -> Aliases.list(handle, server.owner("us-east-1"))).stream()
        .filter(each -> each.name().equals(AliasName.parse(alias)))
        .map(Alias::image)
        .findFirst();
  }

  private Optional<Schedule> schedule(String name) {
    return server.database.read(handle -> Schedules.find(handle, server.owner("us-east-1"), name));
  }

  private Optional<String> standing(String ring) {
    return server
        .fleet
        .rings()
        .show("debian-12", ring)
        .ring()
        .standing()
        .map(Ring.Standing::snapshot);
  }

  private static String location(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(303);
    return answer.headers().firstValue("location").orElseThrow();
  }

  private static String error(HttpResponse<String> answer, String field) {
    Matcher matcher =
        Pattern.compile("id=\"" + field + "-error\"[^>]*><bdi>([^<]*)</bdi>")
            .matcher(answer.body());
    assertThat(matcher.find()).as(field).isTrue();
    return matcher.group(1);
  }

  /** What a page sends in a hidden field. */
  private static String[] with(List<String> form, String last) {
    return Stream.concat(form.stream(), Stream.of(last)).toArray(String[]::new);
  }

  private static String field(String page, String name) {
    Matcher matcher = Pattern.compile("name=\"" + name + "\" value=\"([^\"]+)\"").matcher(page);
    assertThat(matcher.find()).as(name).isTrue();
    return matcher.group(1);
  }
}
