package dev.regild.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.account.AccessKey;
import dev.regild.account.People;
import dev.regild.account.Person;
import dev.regild.console.openid.Grant;
import dev.regild.console.openid.OpenIdSettings;
import dev.regild.console.openid.StandInProvider;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console as people see it who have no secret: a provider vouches for them. */
class ConsolePeopleTest {
  private static final String ISSUER = "https://sso.example.com";

  @TempDir Path directory;

  private static OpenIdSettings settings(String issuer, String account) {
    return new OpenIdSettings(
        issuer,
        "regild",
        Optional.empty(),
        URI.create("https://regild.example.com"),
        "the office",
        List.of(),
        "groups",
        List.of(new Grant("staff", account, false)),
        OpenIdSettings.Algorithm.RS256,
        "");
  }

  @Test
  void nobodyIsAskedForASecretThatNobodyKnows() throws Exception {
    try (ServerFixture server =
        new ServerFixture(directory, 0, account -> Optional.of(settings(ISSUER, account)))) {
      AccessKey key =
          new People(server.database, server.accounts)
              .admit(new Person(ISSUER, "ada", "Ada"), server.account, false);
      Browser ada = new Browser(server);
      ada.get("/console/login");
      var _ = ada.post("/console/login", "code", server.sessions.newCode(key.id(), "us-east-1"));
      assertThat(ada.get("/console/settings").body())
          .contains("Ada", "Disable", "Log in with an access key to do that")
          .doesNotContain("name=\"secret\"");
      HttpResponse<String> refused = ada.post("/console/keys", "secret", "x".repeat(40));
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body()).contains("Log in with another access key");
      ada.get("/console/settings");
      assertThat(ada.post("/console/keys/" + server.key.id() + "/disable").statusCode())
          .isEqualTo(303);
    }
  }

  /** A logout would name the one whose token it is. */
  @Test
  void nobodyKeepsTheTokenOfAnEarlierLogin() throws Exception {
    try (StandInProvider provider = new StandInProvider();
        ServerFixture server =
            new ServerFixture(
                directory, 0, account -> Optional.of(settings(provider.issuer(), account)))) {
      Browser browser = new Browser(server);
      logIn(browser, provider);
      assertThat(browser.cookies).containsKeys("regild-session", "regild-id-token");
      String session = browser.cookies.get("regild-session");
      provider.claims = claims -> claims.subject("subject-2").claim("picture", "x".repeat(4_000));
      logIn(browser, provider);
      assertThat(browser.cookies).doesNotContainKey("regild-id-token");
      assertThat(browser.cookies.get("regild-session")).isNotNull().isNotEqualTo(session);
    }
  }

  private static void logIn(Browser browser, StandInProvider provider) throws Exception {
    browser.cookies.remove("regild-session");
    URI page =
        URI.create(
            browser.get("/console/login/openid").headers().firstValue("location").orElseThrow());
    provider.authorized(page);
    String state = page.getRawQuery().replaceFirst("^(?:.*&)?state=([^&]+).*$", "$1");
    assertThat(browser.get("/console/login/openid/callback?code=code&state=" + state).statusCode())
        .isEqualTo(200);
  }
}
