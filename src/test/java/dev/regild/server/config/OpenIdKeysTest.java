package dev.regild.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.console.openid.Grant;
import dev.regild.console.openid.OpenIdSettings;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenIdKeysTest {
  private static final Map<String, String> NEEDED =
      Map.of(
          "oidc.issuer", "https://sso.example.com/realms/office",
          "oidc.client-id", "regild",
          "oidc.console", "https://regild.example.com",
          "oidc.groups", "admins=123456789012:full");

  @Test
  void peopleDoNotLogInWithoutAnIssuer() throws Exception {
    assertThat(Config.read(Optional.empty(), Map.of(), Map.of()).openId()).isEmpty();
  }

  @Test
  void theRestHasDefaults() throws Exception {
    OpenIdSettings settings = read(Map.of());
    assertThat(settings.redirect())
        .isEqualTo(URI.create("https://regild.example.com/console/login/openid/callback"));
    assertThat(settings.name()).isEqualTo("sso.example.com");
    assertThat(settings.scopes()).containsExactly("profile", "email");
    assertThat(settings.groupsClaim()).isEqualTo("groups");
    assertThat(settings.algorithm()).isEqualTo(OpenIdSettings.Algorithm.RS256);
    assertThat(settings.clientSecret()).isEmpty();
  }

  @Test
  void groupsMayHaveAnyName() throws Exception {
    OpenIdSettings settings =
        read(
            Map.of(
                "oidc.groups",
                "CN=Admins,OU=IT=123456789012:full, all staff=210987654321:read-only,"));
    assertThat(settings.grants())
        .containsExactly(
            new Grant("CN=Admins,OU=IT", "123456789012", false),
            new Grant("all staff", "210987654321", true));
    assertThat(settings.grant(List.of("all staff", "CN=Admins,OU=IT")))
        .contains(new Grant("CN=Admins,OU=IT", "123456789012", false));
    assertThat(settings.grant(List.of("Admins"))).isEmpty();
  }

  @Test
  void theSecretIsNotInTheText() throws Exception {
    OpenIdSettings settings = read(Map.of("oidc.client-secret", "canary-1234"));
    assertThat(settings.clientSecret()).contains("canary-1234");
    assertThat(settings.toString()).doesNotContain("canary-1234");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "oidc.issuer|http://sso.example.com",
        "oidc.issuer|https://user:pw@sso.example.com",
        "oidc.issuer|https://sso.example.com?a=b",
        "oidc.issuer|sso.example.com",
        "oidc.client-id|''",
        "oidc.console|http://regild.example.com",
        "oidc.console|https://regild.example.com/console",
        "oidc.groups|''",
        "oidc.groups|admins",
        "oidc.groups|admins=12:full",
        "oidc.groups|admins=123456789012:all",
        "oidc.groups|admins=123456789012:full; staff",
        "oidc.groups|a=123456789012:full b=123456789012:full",
        "oidc.groups-claim|' '",
        "oidc.algorithm|HS256",
        "oidc.algorithm|none",
        "oidc.scopes|a\"b",
        "oidc.ca-cert|authority.pem",
        "oidc.name|' '"
      })
  void anErrorNamesTheKey(String key, String value) {
    assertThatThrownBy(() -> read(Map.of(key, value)))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(key + " ");
  }

  @Test
  void eachKeyThatIsMissingIsNamed() {
    for (String key : List.of("oidc.client-id", "oidc.console", "oidc.groups")) {
      Map<String, String> values = new HashMap<>(NEEDED);
      values.remove(key);
      assertThatThrownBy(() -> Config.read(Optional.empty(), Map.of(), values))
          .hasMessageStartingWith(key + " is not set, but oidc.issuer is. Set it to ");
    }
    assertThatThrownBy(
            () -> Config.read(Optional.empty(), Map.of(), Map.of("oidc.client-id", "regild")))
        .hasMessageStartingWith("oidc.client-id is set, but oidc.issuer is not.");
  }

  @Test
  void whereEverybodyIsLetInNobodyLogsIn() {
    assertThatThrownBy(() -> read(Map.of("auth", "off"))).hasMessageContaining("auth is off");
  }

  private static OpenIdSettings read(Map<String, String> more) throws ConfigException {
    Map<String, String> values = new HashMap<>(NEEDED);
    values.putAll(more);
    return Config.read(Optional.empty(), Map.of(), values).openId().orElseThrow();
  }
}
