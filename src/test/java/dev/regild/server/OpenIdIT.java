package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.console.openid.Grant;
import dev.regild.console.openid.OpenIdSettings;
import dev.regild.image.Images;
import dev.regild.image.TagRecords;
import dev.regild.machine.Program;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Logins to the console by a real provider, npm's oidc-provider. */
class OpenIdIT {
  private static CertifiedProvider provider;
  private static ServerFixture server;

  /** Another site than the console's, so that browsers treat it as one. */
  private static final String HOST = "localhost";

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    int port = freePort();
    URI console = URI.create("http://127.0.0.1:" + port);
    provider = CertifiedProvider.start(directory, HOST, console);
    server =
        new ServerFixture(
            Files.createDirectory(directory.resolve("data")),
            port,
            account -> Optional.of(settings(console, account)));
    new ConsoleScene(server).build();
    provider.groups(
        Map.of(
            "ada", List.of("staff", "admins"),
            "grace", List.of("staff"),
            "eve", List.of("others")));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
    provider.close();
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static OpenIdSettings settings(URI console, String account) {
    return new OpenIdSettings(
        provider.issuer(),
        CertifiedProvider.CLIENT,
        Optional.of(CertifiedProvider.SECRET),
        console,
        "Example",
        List.of("profile"),
        "groups",
        List.of(
            new Grant("admins", account, false),
            new Grant("staff", account, true),
            new Grant("nowhere", "000000000001", true)),
        OpenIdSettings.Algorithm.RS256,
        "");
  }

  @Test
  void aMemberOfAGroupLogsInActsIsNamedAndLogsOut() throws Exception {
    Browser ada = new Browser(server);
    assertThat(ada.get("/console/login").body()).contains("Log in with <bdi>Example</bdi>");
    HttpResponse<String> arrived =
        ada.get(path(provider.logIn(begun(ada, "/console/jobs"), "ada")));
    assertThat(arrived.statusCode()).isEqualTo(200);
    assertThat(arrived.body())
        .contains(
            "You are logged in", "<meta http-equiv=\"refresh\" content=\"0; url=/console/jobs\">");
    assertThat(ada.get("/console/images/kiosk").body())
        .contains("<bdi>ada</bdi>", "Save the tags")
        .doesNotContain("read-only");
    assertThat(ada.post("/console/images/kiosk/tags", "tags", "by=ada").statusCode())
        .isEqualTo(303);
    assertThat(tags("kiosk")).containsEntry("by", "ada");
    assertThat(ada.get("/console/activity?operation=TagResource").body())
        .contains("ada (" + keyOf("ada").id() + ")");
    assertThat(ada.get("/console/settings").body()).contains("of <bdi>ada</bdi>");

    ada.get("/console/");
    assertThat(ada.post("/console/logout").headers().firstValue("location"))
        .contains("/console/login/openid/leave");
    assertThat(ada.get("/console/login/openid/leave").body())
        .contains("You are logged out here", "id_token_hint=ey", "post_logout_redirect_uri=")
        .doesNotContain("Log out</button>");
    assertThat(ada.cookies).doesNotContainKeys("regild-session", "regild-id-token");
    assertThat(ada.get("/console/").statusCode()).isEqualTo(303);
  }

  @Test
  void whoIsLoggedInWithAKeyIsNotSentToTheProvider() throws Exception {
    Browser browser = new Browser(server).loggedIn(server.key);
    assertThat(browser.get("/console/login/openid/leave").headers().firstValue("location"))
        .as("nobody else's link ends a session")
        .contains("/console/");
    browser.get("/console/");
    assertThat(browser.post("/console/logout").headers().firstValue("location"))
        .contains("/console/login?done=logged-out");
  }

  @Test
  void aReaderSeesAndCannotAct() throws Exception {
    Browser grace = loggedIn("grace");
    assertThat(grace.get("/console/images/render-node").body())
        .contains("read-only")
        .doesNotContain("/delete", "Save the tags");
    for (String action : List.of("delete", "tags", "shares", "update")) {
      assertThat(
              grace
                  .post(
                      "/console/images/render-node/" + action,
                      "tags",
                      "a=b",
                      "new-name",
                      "x",
                      "account",
                      "123456789012",
                      "fleets",
                      "1")
                  .statusCode())
          .as(action)
          .isEqualTo(403);
    }
    assertThat(tags("render-node")).isEmpty();
  }

  @Test
  void whoIsInNoGroupOfOursIsRefused() throws Exception {
    Browser eve = new Browser(server);
    HttpResponse<String> answer = eve.get(path(provider.logIn(begun(eve, "/console/"), "eve")));
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body())
        .contains("eve is in no group that may use this server", "Access key id");
    assertThat(eve.cookies).doesNotContainKey("regild-session");
  }

  @Test
  void rightsAreThoseOfTheLastLogin() throws Exception {
    provider.groups(
        Map.of("ada", List.of("admins"), "grace", List.of("staff"), "joan", List.of("admins")));
    Browser first = loggedIn("joan");
    String key = keyOf("joan").id();
    provider.groups(
        Map.of("ada", List.of("admins"), "grace", List.of("staff"), "joan", List.of("staff")));
    Browser second = loggedIn("joan");
    assertThat(second.get("/console/").body()).contains("read-only");
    assertThat(first.get("/console/").body()).contains("read-only");
    assertThat(keyOf("joan").id()).isEqualTo(key);

    provider.groups(Map.of("ada", List.of("admins"), "grace", List.of("staff")));
    Browser third = new Browser(server);
    assertThat(third.get(path(provider.logIn(begun(third, "/"), "joan"))).statusCode())
        .isEqualTo(403);
    assertThat(first.get("/console/").statusCode()).as("the sessions from before").isEqualTo(303);

    provider.groups(Map.of("joan", List.of("nowhere")));
    Browser fourth = new Browser(server);
    assertThat(fourth.get(path(provider.logIn(begun(fourth, "/"), "joan"))).body())
        .contains("oidc.groups");
    provider.groups(
        Map.of("ada", List.of("admins"), "grace", List.of("staff"), "eve", List.of("x")));
  }

  @Test
  void aDisabledPersonIsLoggedOutAndRefused() throws Exception {
    provider.groups(
        Map.of("ada", List.of("admins"), "grace", List.of("staff"), "lin", List.of("staff")));
    Browser lin = loggedIn("lin");
    AccessKey key = keyOf("lin");
    server.accounts.setEnabled(server.account.id(), key.id(), false);
    assertThat(lin.get("/console/").statusCode()).isEqualTo(303);
    HttpResponse<String> again = lin.get(path(provider.logIn(begun(lin, "/"), "lin")));
    assertThat(again.statusCode()).isEqualTo(403);
    assertThat(again.body()).contains("The access of lin is disabled", key.id());
  }

  @Test
  void aPersonsKeySignsNothing() throws Exception {
    var _ = loggedIn("grace");
    AccessKey key = keyOf("grace");
    assertThat(server.ask(key, "DescribeImages", "{}").header("x-amzn-errortype"))
        .isEqualTo("UnrecognizedClientException");
    Browser other = new Browser(server);
    other.get("/console/login");
    assertThat(other.post("/console/login", "key", key.id(), "secret", key.secret()).statusCode())
        .isEqualTo(403);
  }

  @Test
  void aCodeIsGoodOnce() throws Exception {
    Browser ada = new Browser(server);
    URI page = begun(ada, "/console/");
    String attempt = ada.cookies.get("regild-login");
    String callback = path(provider.logIn(page, "ada"));
    assertThat(ada.get(callback).statusCode()).isEqualTo(200);
    Browser thief = new Browser(server);
    assertThat(thief.get(callback).body()).contains("not begun in this browser");
    thief.cookies.put("regild-login", attempt);
    HttpResponse<String> replayed = thief.get(callback);
    assertThat(replayed.statusCode()).isEqualTo(403);
    assertThat(replayed.body()).contains("This login was used before");
    assertThat(thief.cookies).doesNotContainKey("regild-session");
  }

  @Test
  void aLoginThatABrowserDidNotBeginIsRefusedInIt() throws Exception {
    Browser attacker = new Browser(server);
    String callback = path(provider.logIn(begun(attacker, "/console/"), "grace"));
    Browser victim = new Browser(server);
    URI page = begun(victim, "/console/");
    HttpResponse<String> answer = victim.get(callback);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(victim.cookies).doesNotContainKey("regild-session");
    // What was refused ends the attempt.
    assertThat(victim.cookies).doesNotContainKey("regild-login");
    assertThat(victim.get(path(provider.logIn(page, "ada"))).statusCode()).isEqualTo(403);
  }

  @Test
  void aTokenThatWasPlantedBeforeTheLoginIsOfNoUseAfterIt() throws Exception {
    Browser victim = new Browser(server);
    victim.cookies.put("regild-session", "planted-by-somebody-else");
    var _ = victim.get(path(provider.logIn(begun(victim, "/console/"), "grace")));
    assertThat(victim.cookies.get("regild-session")).isNotEqualTo("planted-by-somebody-else");
    Browser attacker = new Browser(server);
    attacker.cookies.put("regild-session", "planted-by-somebody-else");
    assertThat(attacker.get("/console/").statusCode()).isEqualTo(303);
  }

  @Test
  void theLoginLeadsToNoOtherSite() throws Exception {
    for (String next : List.of("https://evil.example/", "//evil.example", "/console//evil")) {
      Browser grace = new Browser(server);
      assertThat(grace.get(path(provider.logIn(begun(grace, next), "grace"))).body())
          .contains("content=\"0; url=/console/\"")
          .doesNotContain("evil");
    }
  }

  @Test
  void aProviderThatIsAwayKeepsNobodyWithAKeyOut(@TempDir Path data) throws Exception {
    URI console = URI.create("http://127.0.0.1:1");
    try (ServerFixture alone =
        new ServerFixture(
            data,
            0,
            account ->
                Optional.of(
                    new OpenIdSettings(
                        "http://127.0.0.1:" + closedPort(),
                        "regild",
                        Optional.empty(),
                        console,
                        "Example",
                        List.of(),
                        "groups",
                        List.of(),
                        OpenIdSettings.Algorithm.RS256,
                        "")))) {
      Browser browser = new Browser(alone);
      HttpResponse<String> answer = browser.get("/console/login/openid");
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).contains("Example can't be reached", "Access key id");
      browser.loggedIn(alone.key);
      assertThat(browser.get("/console/").statusCode()).isEqualTo(200);
    }
  }

  private static int closedPort() {
    try {
      return freePort();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aRealBrowserComesBackFromAnotherSite() throws Exception {
    Path script = NodeModules.install().with(Path.of("src/test/javascript/console-openid.mjs"));
    String scene = JsonMapper.shared().writeValueAsString(Map.of("url", server.uri("").toString()));
    assertThat(
            new Program(
                    List.of("node", script.toString(), scene),
                    Duration.ofMinutes(2),
                    System.getenv())
                .run()
                .strip())
        .isEqualTo("done");
    assertThat(tags("office-2026-08")).containsEntry("typed", "before");
  }

  private static Browser loggedIn(String name) throws Exception {
    Browser browser = new Browser(server);
    assertThat(browser.get(path(provider.logIn(begun(browser, "/console/"), name))).statusCode())
        .isEqualTo(200);
    browser.get("/console/");
    return browser;
  }

  private static URI begun(Browser browser, String next) throws Exception {
    HttpResponse<String> answer = browser.get("/console/login/openid?next=" + next);
    assertThat(answer.statusCode()).isEqualTo(303);
    assertThat(answer.headers().allValues("set-cookie"))
        .anySatisfy(each ->
            assertThat(each)
                .startsWith("regild-login=")
                .contains("HttpOnly", "SameSite=Lax", "Path=/console/login/openid"));
    return URI.create(answer.headers().firstValue("location").orElseThrow());
  }

  private static String path(URI callback) {
    assertThat(callback.toString()).startsWith(server.uri(OpenIdSettings.CALLBACK).toString());
    return callback.getRawPath() + "?" + callback.getRawQuery();
  }

  private static AccessKey keyOf(String name) {
    Account account = server.account;
    return server.accounts.keys(account.id()).stream()
        .filter(key -> key.person().filter(person -> person.name().equals(name)).isPresent())
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> tags(String image) {
    return server.database.read(handle ->
        TagRecords.list(handle, Images.require(handle, server.owner("us-east-1"), image).arn()));
  }
}
