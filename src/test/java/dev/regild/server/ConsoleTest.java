package dev.regild.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.console.session.Session;
import dev.regild.fixtures.EachDatabase;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.TagRecords;
import dev.regild.image.quota.AccountQuotas;
import dev.regild.image.quota.Quota;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The console over HTTP, as a browser without scripts uses it, and as an attacker would. */
@EachDatabase
class ConsoleTest {
  @RegisterExtension static final RunningServer RUNNING = new RunningServer();

  private ServerFixture server;
  private Browser browser;

  @BeforeEach
  void start(ServerFixture server) throws Exception {
    this.server = server;
    new ConsoleScene(server).build();
    browser = new Browser(server).loggedIn(server.key);
  }

  @Test
  void whoIsNotLoggedInSeesOnlyTheLogin() throws Exception {
    Browser stranger = new Browser(server);
    for (String path :
        List.of("/console/", "/console/images/kiosk", "/console/images/kiosk/update")) {
      HttpResponse<String> answer = stranger.get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(303);
      assertThat(answer.headers().firstValue("location").orElseThrow())
          .startsWith("/console/login?next=");
    }
  }

  @Test
  void everyAnswerForbidsFramesForeignContentAndKeeping() throws Exception {
    for (String path :
        List.of("/console/login", "/console/", "/console/nothing", "/console/assets/nothing.css")) {
      HttpResponse<String> answer = browser.get(path);
      assertThat(answer.headers().firstValue("content-security-policy").orElseThrow())
          .as(path)
          .contains("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'")
          .contains("base-uri 'none'", "script-src 'self';", "style-src 'self';")
          .doesNotContain("unsafe");
      assertThat(answer.headers().firstValue("x-frame-options")).contains("DENY");
      assertThat(answer.headers().firstValue("x-content-type-options")).contains("nosniff");
      assertThat(answer.headers().firstValue("referrer-policy")).contains("no-referrer");
      assertThat(answer.headers().firstValue("cross-origin-opener-policy")).contains("same-origin");
      assertThat(answer.headers().firstValue("cache-control")).contains("no-store");
    }
  }

  @Test
  void pagesHaveNoScriptOrStyleOfTheirOwn() throws Exception {
    for (String path : List.of("/console/", "/console/images/office-2026-10")) {
      assertThat(browser.get(path).body())
          .doesNotContainPattern("<script(?! src=)")
          .doesNotContain("<style", " style=", " onclick", " onerror=\"", "javascript:");
    }
  }

  @Test
  void theSessionCookieIsKeptFromScriptsAndOtherSites() throws Exception {
    Browser other = new Browser(server);
    other.get("/console/login");
    HttpResponse<String> answer =
        other.post("/console/login", "key", server.key.id(), "secret", server.key.secret());
    String cookie =
        answer.headers().allValues("set-cookie").stream()
            .filter(each -> each.startsWith("regild-session="))
            .findFirst()
            .orElseThrow();
    assertThat(cookie)
        .contains("HttpOnly", "SameSite=Strict", "Path=/console")
        .doesNotContain("Secure");
    HttpResponse<String> byTls = other.get("/console/login", "X-Forwarded-Proto", "https");
    assertThat(byTls.statusCode()).isEqualTo(303);
  }

  @Test
  void aWrongSecretAndAnUnknownKeyAreRefusedInTheSameWords() throws Exception {
    Browser other = new Browser(server);
    other.get("/console/login");
    HttpResponse<String> wrong =
        other.post("/console/login", "key", server.key.id(), "secret", "x".repeat(40));
    HttpResponse<String> unknown =
        other.post("/console/login", "key", "AKIA" + "A".repeat(16), "secret", server.key.secret());
    assertThat(wrong.statusCode()).isEqualTo(403);
    assertThat(unknown.statusCode()).isEqualTo(403);
    assertThat(message(wrong)).isEqualTo(message(unknown)).contains("is wrong");
    assertThat(other.cookies).doesNotContainKey("regild-session");
  }

  @Test
  void aDisabledKeyEndsItsSessions() throws Exception {
    server.accounts.setEnabled(server.account.id(), server.key.id(), false);
    assertThat(browser.get("/console/").statusCode()).isEqualTo(303);
  }

  @Test
  void aSuspendedAccountIsRefused() throws Exception {
    server.accounts.suspend(server.account.id());
    HttpResponse<String> answer = browser.get("/console/");
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("is suspended").doesNotContain("kiosk");
  }

  @Test
  void aTokenThatWasKnownBeforeTheLoginIsOfNoUseAfterIt() throws Exception {
    Browser victim = new Browser(server);
    victim.cookies.put("regild-session", "planted-by-somebody-else");
    victim.get("/console/login");
    var _ = victim.post("/console/login", "key", server.key.id(), "secret", server.key.secret());
    assertThat(victim.cookies.get("regild-session")).isNotEqualTo("planted-by-somebody-else");
    Browser attacker = new Browser(server);
    attacker.cookies.put("regild-session", "planted-by-somebody-else");
    assertThat(attacker.get("/console/").statusCode()).isEqualTo(303);
  }

  @Test
  void aNewLoginEndsTheOldSessionOfTheBrowser() throws Exception {
    Browser copy = new Browser(server);
    copy.cookies.putAll(browser.cookies);
    browser.get("/console/");
    var _ = browser.post("/console/logout");
    assertThat(copy.get("/console/").statusCode()).isEqualTo(303);
  }

  @Test
  void onlyTheHashOfATokenIsStored() throws Exception {
    String token = browser.cookies.get("regild-session");
    List<String> stored =
        server.database.read(handle ->
            handle
                .createQuery("SELECT token_hash || id || browser || address FROM console_session")
                .mapTo(String.class)
                .list());
    assertThat(stored).hasSize(1).noneMatch(each -> each.contains(token));
  }

  @Test
  void aFormWithoutItsCodeChangesNothing() throws Exception {
    for (String path :
        List.of("/console/images/kiosk/delete", "/console/images/kiosk/tags", "/console/logout")) {
      HttpResponse<String> answer =
          browser.postRaw(path, Map.of("csrf", "", "tags", "a=b"), Map.of());
      assertThat(answer.statusCode()).as(path).isEqualTo(403);
    }
    assertThat(browser.get("/console/images/kiosk").statusCode()).isEqualTo(200);
    assertThat(tags("kiosk")).isEmpty();
  }

  @Test
  void theCodeOfAnotherSessionIsRefused() throws Exception {
    Browser other = new Browser(server).loggedIn(server.key);
    Map<String, String> form = new LinkedHashMap<>();
    form.put("csrf", other.csrf());
    form.put("tags", "a=b");
    assertThat(browser.postRaw("/console/images/kiosk/tags", form, Map.of()).statusCode())
        .isEqualTo(403);
    assertThat(tags("kiosk")).isEmpty();
  }

  @Test
  void aFormThatABrowserSaysComesFromAnotherSiteIsRefused() throws Exception {
    Map<String, String> form = Map.of("csrf", browser.csrf(), "tags", "a=b");
    HttpResponse<String> answer =
        browser.postRaw("/console/images/kiosk/tags", form, Map.of("Sec-Fetch-Site", "cross-site"));
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(tags("kiosk")).isEmpty();
  }

  @Test
  void theLoginSendsNobodyToAnotherSite() throws Exception {
    for (String next :
        List.of(
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "/console/../../evil",
            "/console//evil.example/",
            "/console/\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            "/regild/v1/disks")) {
      Browser other = new Browser(server);
      other.get("/console/login");
      HttpResponse<String> answer =
          other.post(
              "/console/login",
              "key",
              server.key.id(),
              "secret",
              server.key.secret(),
              "next",
              next);
      assertThat(answer.headers().firstValue("location")).as(next).contains("/console/");
    }
  }

  @Test
  void theLoginLeadsToThePageThatWasAskedFor() throws Exception {
    Browser other = new Browser(server);
    String login =
        other.get("/console/images/kiosk?of=").headers().firstValue("location").orElseThrow();
    String page = other.get(login).body();
    assertThat(page).contains("value=\"/console/images/kiosk?of=\"");
  }

  @Test
  void whatWasTypedSurvivesTheEndOfTheSession() throws Exception {
    server.database.useTransaction(handle -> handle.execute("DELETE FROM console_session"));
    HttpResponse<String> refused =
        browser.postRaw(
            "/console/images/office-2026-10/update",
            Map.of("csrf", browser.csrf(), "new-name", "typed-before", "tags", "a=b"),
            Map.of("Sec-Fetch-Site", "same-origin"));
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body()).contains("typed-before", "Your session has ended");
    HttpResponse<String> again =
        browser.post(
            "/console/login",
            "key",
            server.key.id(),
            "secret",
            server.key.secret(),
            "resume",
            "/console/images/office-2026-10/update",
            "kept.new-name",
            "typed-before",
            "kept.tags",
            "a=b");
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(again.body())
        .contains("You are logged in again", "value=\"typed-before\"")
        .contains("<bdi>/console/images/office-2026-10/update</bdi>");
    HttpResponse<String> sent =
        browser.post(
            "/console/images/office-2026-10/update", "new-name", "typed-before", "tags", "a=b");
    assertThat(sent.headers().firstValue("location")).contains("/console/images/typed-before");
    assertThat(tags("typed-before")).containsEntry("a", "b");
  }

  @Test
  void whatAPageOfAnotherSiteSendsIsNotKept() throws Exception {
    for (Map<String, String> headers :
        List.of(
            Map.<String, String>of(),
            Map.of("Sec-Fetch-Site", "cross-site"),
            Map.of("Sec-Fetch-Site", "same-site"),
            Map.of("Sec-Fetch-Site", "none"))) {
      HttpResponse<String> answer =
          new Browser(server)
              .postRaw("/console/images/kiosk/shares", Map.of("account", "123456789012"), headers);
      assertThat(answer.statusCode()).as("%s", headers).isEqualTo(303);
      assertThat(answer.headers().firstValue("location")).contains("/console/login");
      assertThat(answer.body()).doesNotContain("123456789012");
    }
  }

  @Test
  void aLargeFormOfAStrangerIsNotRepeated() throws Exception {
    for (String path : List.of("/console/import", "/console/login", "/console/theme")) {
      HttpResponse<String> answer =
          new Browser(server)
              .postRaw(
                  path,
                  Map.of("name", "canary" + "\"".repeat(12 << 10)),
                  Map.of("Sec-Fetch-Site", "same-origin"));
      assertThat(answer.statusCode()).as(path).isEqualTo(413);
      assertThat(answer.body())
          .as(path)
          .contains("more than 32.0 KiB. Log in first, then send it again.")
          .doesNotContain("canary");
    }
    browser.get("/console/images/kiosk");
    assertThat(
            browser
                .post("/console/images/kiosk/tags", "tags", "a=b", "unused", "x".repeat(33 << 10))
                .statusCode())
        .as("a form of somebody who is logged in")
        .isEqualTo(303);
  }

  @Test
  void aLinkLogsInOnce() throws Exception {
    String code = server.sessions.newCode(server.key.id(), "us-east-1");
    Browser first = new Browser(server);
    // Looking at the link does not use it up.
    first.get("/console/login?code=" + code);
    assertThat(first.get("/console/login?code=" + code).body()).contains("Log in with this link");
    assertThat(first.post("/console/login", "code", code).statusCode()).isEqualTo(303);
    assertThat(first.get("/console/").body()).contains("kiosk");
    Browser second = new Browser(server);
    second.get("/console/login?code=" + code);
    assertThat(second.post("/console/login", "code", code).statusCode()).isEqualTo(403);
  }

  @Test
  void aReadOnlyKeySeesAndChangesNothing() throws Exception {
    Browser reader = new Browser(server).loggedIn(server.readOnlyKey);
    assertThat(reader.get("/console/images/kiosk").body())
        .contains("read-only")
        .doesNotContain("/delete", "Save the tags");
    for (String path :
        List.of(
            "/console/images/kiosk/delete",
            "/console/images/kiosk/tags",
            "/console/images/kiosk/shares",
            "/console/images/office-2026-11/cancel")) {
      assertThat(
              reader
                  .post(path, "tags", "a=b", "account", "123456789012", "fleets", "1")
                  .statusCode())
          .as(path)
          .isEqualTo(403);
    }
    HttpResponse<String> update =
        reader.post("/console/images/kiosk/update", "new-name", "by-reader");
    assertThat(update.statusCode()).isEqualTo(403);
    Optional<Image> made =
        server.database.read(handle -> Images.find(handle, server.owner("us-east-1"), "by-reader"));
    assertThat(made).isEmpty();
    assertThat(tags("kiosk")).isEmpty();
  }

  @Test
  void anotherAccountsImagesAreNotThere() throws Exception {
    Account account = server.accounts.create("other");
    AccessKey key = server.accounts.createKey(account, false);
    Browser other = new Browser(server).loggedIn(key);
    assertThat(other.get("/console/").body()).contains("No images yet").doesNotContain("kiosk");
    for (String path :
        List.of(
            "/console/images/kiosk",
            "/console/images/kiosk?of=" + server.account.id(),
            "/console/images/kiosk/update",
            "/console/images/kiosk/delete",
            "/console/images/office-2026-11/events")) {
      HttpResponse<String> answer = other.get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(404);
      assertThat(answer.body()).doesNotContain("office-2026-08", "DEBIAN");
    }
    assertThat(other.post("/console/images/kiosk/delete").statusCode()).isEqualTo(404);
    assertThat(other.post("/console/images/office-2026-11/cancel").statusCode()).isEqualTo(404);
    assertThat(browser.get("/console/images/kiosk").statusCode()).isEqualTo(200);
  }

  /** Every address that names an image, also those that are added later. */
  @Test
  void noAddressOfAnImageAnswersAnotherAccount() throws Exception {
    Browser other =
        new Browser(server)
            .loggedIn(server.accounts.createKey(server.accounts.create("other"), false));
    List<String> routes = routes("\"(/console/images/\\{name}[^\"]*)\"");
    assertThat(routes).contains("/console/images/{name}/delete").hasSizeGreaterThan(10);
    for (String route : routes) {
      for (String image : List.of("kiosk", "office-2026-10", "office-2026-11")) {
        String path = route.replace("{name}", image).replaceAll("\\{[a-z]+}", "1");
        other.get("/console/");
        assertThat(List.of(other.get(path), other.post(path, FORM)))
            .as(path)
            .allSatisfy(answer -> {
              assertThat(answer.statusCode()).isEqualTo(404);
              assertThat(answer.body())
                  .doesNotContain("DEBIAN", "office-2026-08", "writer", "openssl");
            });
      }
    }
    assertThat(tags("kiosk")).isEmpty();
  }

  /** Every form, also those that are added later. */
  @Test
  void noFormObeysAReadOnlyKey() throws Exception {
    // They show something, or end a session of the reader's own.
    List<String> harmless =
        List.of("/console/logout", "/console/selection", "/console/sessions/{id}/revoke");
    List<String> routes = routes("\\.(?:act|receive)\\(\\s*\"(/console/[^\"]*)\"");
    assertThat(routes).contains("/console/images/{name}/delete").hasSizeGreaterThan(10);
    Browser reader = new Browser(server).loggedIn(server.readOnlyKey);
    for (String route : routes) {
      if (!harmless.contains(route)) {
        reader.get("/console/");
        String path =
            route
                .replace("{name}", "kiosk")
                .replace("{id}", ServerFixture.DISK)
                .replaceAll("\\{[a-z]+}", "1");
        HttpResponse<String> answer = reader.post(path, FORM);
        boolean refused =
            answer.statusCode() == 403 || answer.body().contains("This access is read-only");
        assertThat(refused).as("%s: %s", path, answer.body()).isTrue();
      }
    }
    assertThat(tags("kiosk")).isEmpty();
    assertThat(browser.get("/console/images/kiosk").body()).contains("Available");
    assertThat(server.disks.find(server.account.id(), ServerFixture.DISK)).isPresent();
  }

  /** What the forms of the console have, so that only the sender is wrong. */
  private static final String[] FORM = {
    "tags",
    "a=b",
    "new-name",
    "taken",
    "name",
    "taken",
    "region",
    "us-east-1",
    "account",
    "123456789012",
    "fleets",
    "1",
    "image",
    "kiosk",
    "suffix",
    "-new",
    "disk",
    ServerFixture.DISK
  };

  /** The routes in the console's sources that fit. */
  private static List<String> routes(String form) throws Exception {
    Set<String> routes = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/regild/console"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Matcher matcher = Pattern.compile(form).matcher(Files.readString(file));
        while (matcher.find()) {
          routes.add(matcher.group(1));
        }
      }
    }
    return List.copyOf(routes);
  }

  @Test
  void wrongLoginsAreHeldBackAndRightOnesAreNot() throws Exception {
    Browser guesser = new Browser(server);
    guesser.get("/console/login");
    Instant start = Instant.now();
    // A hundred are free, and one is forgotten each second.
    for (long i = 0; i < 110 + Duration.between(start, Instant.now()).toSeconds(); i++) {
      wrongLogin(guesser);
      assertThat(i).as("this machine is too slow").isLessThan(1000);
    }
    Instant last = Instant.now();
    wrongLogin(guesser);
    assertThat(Duration.between(last, Instant.now())).isGreaterThanOrEqualTo(Duration.ofMillis(50));
    assertThat(guesser.loggedIn(server.key).get("/console/").statusCode()).isEqualTo(200);
  }

  private void wrongLogin(Browser guesser) throws Exception {
    assertThat(
            guesser
                .post("/console/login", "key", server.key.id(), "secret", "x".repeat(40))
                .statusCode())
        .isEqualTo(403);
  }

  @Test
  void aTokenIsReplacedByAPageAndTheOldOneSoonRefused() throws Exception {
    Browser copy = new Browser(server);
    copy.cookies.putAll(browser.cookies);
    earlier("rotated", Duration.ofMinutes(16));
    browser.get("/console/");
    assertThat(browser.cookies.get("regild-session"))
        .isNotEqualTo(copy.cookies.get("regild-session"));
    earlier("rotated", Duration.ofMinutes(2));
    assertThat(copy.get("/console/").statusCode()).isEqualTo(303);
    assertThat(browser.get("/console/").statusCode()).isEqualTo(200);
  }

  @Test
  void aSessionEndsWithoutUseAndAfterTwelveHours() throws Exception {
    Browser busy = new Browser(server).loggedIn(server.readOnlyKey);
    earlier("last_seen", Duration.ofMinutes(61));
    assertThat(browser.get("/console/").statusCode()).isEqualTo(303);
    assertThat(busy.get("/console/").statusCode()).isEqualTo(303);
    busy.loggedIn(server.readOnlyKey);
    earlier("created", Duration.ofHours(12).plusMinutes(1));
    assertThat(busy.get("/console/").statusCode()).isEqualTo(303);
  }

  private void earlier(String column, Duration by) {
    server.database.useTransaction(handle ->
        handle.execute(
            "UPDATE console_session SET " + column + " = " + column + " - ?", by.toMillis()));
  }

  @Test
  void aFormOfAnEarlierSessionIsShownOnceMore() throws Exception {
    browser.get("/console/images/kiosk");
    String old = browser.csrf();
    Browser again = new Browser(server).loggedIn(server.key);
    Map<String, String> form = new LinkedHashMap<>();
    form.put("csrf", old);
    form.put("tags", "typed=before");
    HttpResponse<String> kept =
        again.postRaw("/console/images/kiosk/tags", form, Map.of("Sec-Fetch-Site", "same-origin"));
    assertThat(kept.body()).contains("You are logged in again", "value=\"typed=before\"");
    assertThat(tags("kiosk")).isEmpty();
    assertThat(again.post("/console/images/kiosk/tags", "tags", "typed=before").statusCode())
        .isEqualTo(303);
    assertThat(tags("kiosk")).containsEntry("typed", "before");
  }

  @Test
  void aSharedImageDoesNotShowHowItWasMade() throws Exception {
    Account receiver = server.accounts.create("receiver");
    assertThat(browser.get("/console/images/office-2026-10").body())
        .contains("office-2026-08", "ab".repeat(32), "sha256:" + "1".repeat(64), "All layers");
    var _ =
        browser.post(
            "/console/images/office-2026-10/shares", "account", receiver.id(), "fleets", "1");
    Browser other = new Browser(server).loggedIn(server.accounts.createKey(receiver, false));
    HttpResponse<String> shared =
        other.get("/console/images/office-2026-10?of=" + server.account.id());
    assertThat(shared.statusCode()).isEqualTo(200);
    assertThat(shared.body())
        .contains("Platform", "office-2026-10")
        .doesNotContain("office-2026-08", "ab".repeat(32), "sha256:", "All layers", "Own layer")
        .doesNotContain("Imported from disk", ">Lineage<");
  }

  @Test
  void hostileTextsStayTexts() throws Exception {
    for (String path :
        List.of(
            "/console/",
            "/console/images/office-2026-09",
            "/console/images/office-2026-10",
            "/console/images/office-2026-11",
            "/console/?q=%3Cscript%3Ealert(1)%3C/script%3E%22%3E",
            "/console/login?next=%22%3E%3Cscript%3Ex%3C/script%3E",
            "/console/images/%3Cscript%3Ex%3C%2Fscript%3E")) {
      assertThat(browser.get(path).body())
          .as(path)
          .doesNotContain("<script>", "<img src=x", "onerror=alert(1)>\u202e", "\u202e", "\u0007");
    }
    assertThat(browser.get("/console/images/office-2026-09").body())
        .contains("&lt;img src=x onerror=alert(1)&gt;\uFFFDgnp\uFFFD ${7*7}");
  }

  @Test
  void anUpdateIsPlannedThenStartedThenShown() throws Exception {
    String plan = browser.get("/console/images/office-2026-10/update").body();
    assertThat(plan).contains("openssl", "3.0.17-1~deb12u2", "Update now");
    HttpResponse<String> started =
        browser.post(
            "/console/images/office-2026-10/update",
            "new-name",
            "office-2026-12",
            "display-name",
            "Office",
            "tags",
            "stage=test\nteam=desktop");
    assertThat(started.statusCode()).isEqualTo(303);
    assertThat(started.headers().firstValue("location")).contains("/console/images/office-2026-12");
    assertThat(browser.get("/console/images/office-2026-12").body())
        .contains("Being updated", "The job waits for a worker", "Cancel this update");
    assertThat(tags("office-2026-12")).containsEntry("team", "desktop");
    var _ =
        server.audited("\"operation\":\"CreateUpdatedImage\"", "office-2026-12", server.key.id());
  }

  @Test
  void anUpdateThatIsRefusedKeepsWhatWasTyped() throws Exception {
    HttpResponse<String> taken =
        browser.post(
            "/console/images/office-2026-10/update",
            "new-name",
            "kiosk",
            "description",
            "Typed text");
    assertThat(taken.statusCode()).isEqualTo(409);
    assertThat(taken.body())
        .contains("value=\"kiosk\"", "value=\"Typed text\"", "id=\"new-name-error\"")
        .contains("already exists");
    HttpResponse<String> bad =
        browser.post("/console/images/office-2026-10/update", "new-name", "no spaces");
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body()).contains("aria-describedby=\"new-name-error\"");
  }

  @Test
  void anImageIsDeletedAfterAQuestion() throws Exception {
    assertThat(browser.get("/console/images/kiosk/delete").body())
        .contains("aws appstream delete-image", "client.delete_image(", "regild delete kiosk");
    HttpResponse<String> deleted = browser.post("/console/images/kiosk/delete");
    assertThat(deleted.headers().firstValue("location")).contains("/console/?done=deleted");
    assertThat(browser.get("/console/?done=deleted").body())
        .contains("The image is being deleted", "Being deleted");
  }

  @Test
  void tagsAreReplacedByThoseOfTheForm() throws Exception {
    browser.get("/console/images/office-2026-10");
    var _ =
        browser.post(
            "/console/images/office-2026-10/tags", "tags", "team=web\n\nnew = with space \n");
    assertThat(tags("office-2026-10"))
        .containsOnly(Map.entry("team", "web"), Map.entry("new", "with space"));
  }

  @Test
  void imagesAreFilteredSortedAndPagedByTheAddress() throws Exception {
    assertThat(browser.get("/console/?q=OFFICE&state=available").body())
        .contains("office-2026-06", "office-2026-10")
        .doesNotContain(">kiosk<", "office-2026-09<", "office-2026-11<");
    assertThat(browser.get("/console/?q=100%25_").body()).contains("No image fits the filter");
    assertThat(browser.get("/console/?tag=team%3Ddesktop").body())
        .contains("/images/office-2026-10\"")
        .doesNotContain("/images/office-2026-08\"");
    assertThat(browser.get("/console/?standing=outdated&sort=-changes").body())
        .contains("121 changes, 14 for security, 66 CVEs", "office-2026-08")
        .doesNotContain("office-2026-10<", ">render-node<");
    assertThat(browser.get("/console/?standing=unknown").body())
        .contains(">windows-2022<")
        .doesNotContain(">kiosk<");
    String bySize = browser.get("/console/?sort=-size").body();
    assertThat(bySize.indexOf(">render-node<")).isLessThan(bySize.indexOf(">kiosk<"));
    assertThat(bySize.indexOf(">office-2026-06<")).isLessThan(bySize.indexOf(">office-2026-10<"));
  }

  @Test
  void pagesFollowEachOtherInBothDirections() throws Exception {
    server.database.useTransaction(handle -> {
      for (int i = 0; i < 120; i++) {
        Images.insert(
            handle,
            Image.importing(
                server.owner("us-east-1"),
                "page-%03d".formatted(i),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Instant.now()));
      }
    });
    String first = browser.get("/console/?q=page-").body();
    assertThat(first).contains(">page-000<", ">page-049<").doesNotContain(">page-050<");
    String second = browser.get(link(first, "next")).body();
    assertThat(second).contains(">page-050<", ">page-099<").doesNotContain(">page-049<");
    String third = browser.get(link(second, "next")).body();
    assertThat(third).contains(">page-100<", ">page-119<").doesNotContain("rel=\"next\"");
    String back = browser.get(link(second, "prev")).body();
    assertThat(back).contains(">page-000<", ">page-049<").doesNotContain("rel=\"prev\"");
  }

  private static String link(String page, String rel) {
    Matcher matcher = Pattern.compile("<a href=\"([^\"]+)\" rel=\"" + rel + "\"").matcher(page);
    assertThat(matcher.find()).as(rel).isTrue();
    return matcher.group(1).replace("&amp;", "&");
  }

  @Test
  void styleAndScriptsAreKeptForEverUnderTheirHash() throws Exception {
    String page = browser.get("/console/").body();
    Matcher matcher =
        Pattern.compile("/console/assets/console\\.[0-9a-f]{16}\\.(css|js)").matcher(page);
    int found = 0;
    while (matcher.find()) {
      found++;
      HttpResponse<String> asset = browser.get(matcher.group());
      assertThat(asset.statusCode()).isEqualTo(200);
      assertThat(asset.headers().firstValue("cache-control").orElseThrow()).contains("immutable");
    }
    assertThat(found).isEqualTo(2);
  }

  @Test
  void aWatchedJobSendsItsStepsAndItsEnd() throws Exception {
    var image =
        server.database.read(
            handle -> Images.require(handle, server.owner("us-east-1"), "office-2026-11"));
    Thread ending =
        Thread.ofVirtual()
            .start(() -> {
              try {
                Thread.sleep(700);
                server.database.useTransaction(
                    handle -> server.steps.done(handle, image.id(), 1, 4, "done now"));
                Thread.sleep(700);
                server.fail(image);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    String events = browser.get("/console/images/office-2026-11/events").body();
    ending.join();
    assertThat(events)
        .contains("event: steps", "Apply", "&lt;img src=x", "done now", "event: ended")
        .doesNotContain("<img src=x");
  }

  private Map<String, String> tags(String image) {
    return server.database.read(handle ->
        TagRecords.list(handle, Images.require(handle, server.owner("us-east-1"), image).arn()));
  }

  private static String message(HttpResponse<String> answer) {
    Matcher matcher = Pattern.compile("role=\"alert\">([^<]+)<").matcher(answer.body());
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  @Test
  void everyPageIsThere() throws Exception {
    for (String path :
        List.of(
            "/console/import",
            "/console/compare",
            "/console/compare?first=office-2026-06&second=office-2026-10",
            "/console/channels",
            "/console/jobs",
            "/console/activity",
            "/console/settings",
            "/console/images/office-2026-10/packages?q=openssl",
            "/console/images/office-2026-10/vulnerabilities")) {
      HttpResponse<String> answer = browser.get(path);
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      assertThat(answer.body()).as(path).contains("<h1>").doesNotContain("<img src=x");
    }
    assertThat(browser.get("/console/compare?first=office-2026-06&second=office-2026-10").body())
        .contains("3.0.11-1", "3.0.17-1~deb12u2", "17 packages");
    assertThat(browser.get("/console/images/office-2026-10/packages?q=openssl").body())
        .contains("1 package found", "3.0.17-1~deb12u2")
        .doesNotContain("lib-example");
    assertThat(browser.get("/console/images/office-2026-10/vulnerabilities").body())
        .contains("CVE-2026-1234", "Fix a use after free in &lt;img");
    assertThat(browser.get("/console/jobs").body()).contains("office-2026-11", "Apply");
  }

  @Test
  void aDiskIsUploadedWithoutScriptsAndImported() throws Exception {
    byte[] disk =
        Files.readAllBytes(
            server.disks.path(
                server.disks.find(server.account.id(), ServerFixture.DISK).orElseThrow()));
    browser.get("/console/import");
    HttpResponse<String> uploaded = browser.postFile("/console/disks", browser.csrf(), disk);
    assertThat(uploaded.statusCode()).isEqualTo(303);
    String next = uploaded.headers().firstValue("location").orElseThrow();
    assertThat(browser.get(next).body()).contains("fit for an import", "qcow2");
    String id = next.substring(next.indexOf('=') + 1);
    HttpResponse<String> imported =
        browser.post(
            "/console/import",
            "disk",
            id,
            "name",
            "by-form",
            "applications",
            "editor=/usr/bin/gedit");
    assertThat(imported.headers().firstValue("location")).contains("/console/images/by-form");
    assertThat(browser.get("/console/images/by-form").body()).contains("Being imported", "gedit");
    browser.get("/console/import?disk=" + id);
    HttpResponse<String> again = browser.post("/console/import", "disk", id, "name", "by-form");
    assertThat(again.statusCode()).isEqualTo(409);
    assertThat(again.body()).contains("id=\"name-error\"", "already exists");
  }

  @Test
  void aFileFromAnotherSiteIsRefusedBeforeItIsRead() throws Exception {
    int before = server.disks.list(server.account.id()).size();
    HttpResponse<String> refused = browser.postFile("/console/disks", "x", new byte[1 << 20]);
    assertThat(refused.statusCode()).isEqualTo(403);
    assertThat(server.disks.list(server.account.id())).hasSize(before);
  }

  @Test
  void aFileThatIsNoDiskIsRefusedInWords() throws Exception {
    browser.get("/console/import");
    HttpResponse<String> refused =
        browser.postFile("/console/disks", browser.csrf(), "no disk".getBytes(UTF_8));
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("class=\"error\"");
  }

  @Test
  void manyImagesAreDeletedAndUpdatedAtOnce() throws Exception {
    browser.get("/console/");
    assertThat(browser.post("/console/selection", "action", "delete").body())
        .contains("No image was chosen");
    browser.get("/console/");
    assertThat(browser.post("/console/selection", "action", "update", "image", "kiosk").body())
        .contains("kiosk", "The names of the new images end with");
    assertThat(browser.post("/console/selection/update", "image", "kiosk", "suffix", "-new").body())
        .contains("is being updated to kiosk-new");
    assertThat(browser.post("/console/selection/delete", "image", "render-node").body())
        .contains("is being deleted");
    assertThat(browser.post("/console/selection/delete", "image", "office-2026-11").body())
        .contains("refused", "It can be deleted when it is AVAILABLE or FAILED");
  }

  @Test
  void theActivityOfAnAccountIsItsOwn() throws Exception {
    browser.get("/console/images/office-2026-10");
    var _ = browser.post("/console/images/office-2026-10/tags", "tags", "a=b");
    assertThat(browser.get("/console/activity?operation=TagResource").body())
        .contains("TagResource", "office-2026-10", server.key.id());
    Account account = server.accounts.create("other");
    Browser other = new Browser(server).loggedIn(server.accounts.createKey(account, false));
    assertThat(other.get("/console/activity").body())
        .contains("ConsoleLogin")
        .doesNotContain("TagResource", server.key.id());
  }

  @Test
  void aSessionIsRevokedByItsAccountAlone() throws Exception {
    Browser second = new Browser(server).loggedIn(server.key);
    String id =
        server.sessions.list(server.account.id()).stream()
            .map(Session::id)
            .findFirst()
            .orElseThrow();
    Account account = server.accounts.create("other");
    Browser other = new Browser(server).loggedIn(server.accounts.createKey(account, false));
    assertThat(other.post("/console/sessions/" + id + "/revoke").statusCode()).isEqualTo(404);
    assertThat(second.get("/console/settings").body()).contains("End the session of", id);
    var _ = second.post("/console/sessions/" + id + "/revoke");
    assertThat(server.sessions.list(server.account.id())).noneMatch(each -> each.id().equals(id));
  }

  @Test
  void documentsAreDownloadedAsFiles() throws Exception {
    HttpResponse<String> bill = browser.get("/console/images/office-2026-10/sbom?format=spdx");
    assertThat(bill.headers().firstValue("content-disposition"))
        .contains("attachment; filename=\"office-2026-10.spdx.json\"");
    assertThat(bill.body()).contains("SPDX-2.3", "openssl");
  }

  @Test
  void whatIsMadeOfTheContentsOfImagesCountsAsADownload() throws Exception {
    List<String> paths =
        List.of(
            "/console/images/office-2026-10/packages",
            "/console/images/office-2026-10/sbom",
            "/console/compare?first=office-2026-06&second=office-2026-10");
    for (int limit : List.of(0, 1)) {
      server.database.useTransaction(
          handle -> AccountQuotas.put(handle, server.account.id(), Quota.DOWNLOADS, limit));
      for (String path : paths) {
        assertThat(browser.get(path).statusCode())
            .as("%s with %d", path, limit)
            .isEqualTo(limit == 0 ? 429 : 200);
      }
    }
  }

  @Test
  void anImageIsCopiedAndExported() throws Exception {
    golden("whole");
    browser.get("/console/images/whole/copy");
    HttpResponse<String> copied =
        browser.post("/console/images/whole/copy", "new-name", "twin", "region", "us-east-1");
    assertThat(copied.headers().firstValue("location"))
        .contains("/console/images/twin?done=copied");
    browser.get("/console/images/whole/copy");
    HttpResponse<String> taken =
        browser.post("/console/images/whole/copy", "new-name", "twin", "region", "us-east-1");
    assertThat(taken.statusCode()).isEqualTo(409);
    assertThat(taken.body()).contains("id=\"new-name-error\"", "value=\"twin\"");
    browser.get("/console/images/whole/export");
    HttpResponse<String> exported =
        browser.post("/console/images/whole/export", "new-name", "whole-disk");
    assertThat(exported.headers().firstValue("location")).contains("/console/jobs?done=exported");
    assertThat(browser.get("/console/jobs").body()).contains("whole-disk");
  }

  private void golden(String name) throws Exception {
    var _ = server.golden("us-east-1", name);
  }

  @Test
  void controlCharactersInAddressesAreNoErrorsOfTheServer() throws Exception {
    for (String path :
        List.of(
            "/console/?q=%00a%0a&tag=%00&platform=%00&after=%00%20%00",
            "/console/activity?before=%00&resource=%00",
            "/console/compare?first=%00a&second=%00b",
            "/console/import")) {
      assertThat(browser.get(path).statusCode()).as(path).isEqualTo(200);
    }
    assertThat(browser.get("/console/images/%00").statusCode()).isEqualTo(404);
    assertThat(browser.post("/console/images/%00/tags", "tags", "a=b").statusCode()).isEqualTo(404);
    assertThat(browser.get("/console/images/kiosk/none/of/these").statusCode()).isEqualTo(404);
  }
}
