package dev.regild.server.config;

import static dev.regild.server.config.ConfigKeys.wrong;

import dev.regild.console.openid.Grant;
import dev.regild.console.openid.OpenIdSettings;
import dev.regild.console.openid.OpenIdSettings.Algorithm;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the keys of logins with OpenID Connect. */
final class OpenIdKeys {
  static final String ISSUER = "oidc.issuer";
  static final String CLIENT_ID = "oidc.client-id";
  static final String CLIENT_SECRET = "oidc.client-secret";
  static final String CONSOLE = "oidc.console";
  static final String NAME = "oidc.name";
  static final String SCOPES = "oidc.scopes";
  static final String GROUPS_CLAIM = "oidc.groups-claim";
  static final String GROUPS = "oidc.groups";
  static final String ALGORITHM = "oidc.algorithm";
  static final String CA_CERT = "oidc.ca-cert";

  static final List<String> ALL =
      List.of(
          ISSUER,
          CLIENT_ID,
          CLIENT_SECRET,
          CONSOLE,
          NAME,
          SCOPES,
          GROUPS_CLAIM,
          GROUPS,
          ALGORITHM,
          CA_CERT);

  /** The name of a group may contain anything, commas too: the account ends it. */
  private static final Pattern GRANT =
      Pattern.compile(
          "\\s*((?:(?!=[0-9]{12}:).)+?)\\s*=\\s*([0-9]{12}):(full|read-only)\\s*(?:,|$)");

  private static final Pattern SCOPE = Pattern.compile("[!#-\\[\\]-~]{1,200}");
  private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d+){3}|\\[::1]");

  private final Map<String, String> values;

  private OpenIdKeys(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Returns how people log in; empty without an issuer, when none of the other keys may be set.
   *
   * @param auth who is let in
   */
  static Optional<OpenIdSettings> settings(Map<String, String> values, Config.Auth auth)
      throws ConfigException {
    if (!values.containsKey(ISSUER)) {
      for (String key : new TreeSet<>(values.keySet())) {
        if (ALL.contains(key)) {
          throw new ConfigException(
              "%s is set, but oidc.issuer is not. Set oidc.issuer to the provider's address, or remove %s."
                  .formatted(key, key));
        }
      }
      return Optional.empty();
    }
    if (auth == Config.Auth.OFF) {
      throw new ConfigException(
          "oidc.issuer is set, but auth is off, which lets everybody in. Remove one of the two.");
    }
    return Optional.of(new OpenIdKeys(values).settings());
  }

  private OpenIdSettings settings() throws ConfigException {
    URI issuer = address(ISSUER, "https://sso.example.com/realms/office");
    return new OpenIdSettings(
        values.getOrDefault(ISSUER, ""),
        clientId(),
        Optional.ofNullable(values.get(CLIENT_SECRET)).filter(it -> !it.isEmpty()),
        console(),
        name(issuer),
        scopes(),
        groupsClaim(),
        grants(),
        algorithm(),
        authority());
  }

  private URI address(String key, String example) throws ConfigException {
    String text = required(key, "an address such as " + example);
    try {
      URI uri = URI.create(text);
      boolean bare =
          uri.getRawQuery() == null
              && uri.getRawFragment() == null
              && uri.getRawUserInfo() == null
              && uri.getHost() != null;
      boolean safe =
          "https".equals(uri.getScheme())
              || ("http".equals(uri.getScheme())
                  && uri.getHost() != null
                  && LOOPBACK.matcher(uri.getHost()).matches());
      if (bare && safe) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // The same remedy as for another scheme.
    }
    // Without the value, which may contain a password.
    throw new ConfigException(
        "%s must be an address with https, such as %s; http is allowed for this machine alone"
            .formatted(key, example));
  }

  private String clientId() throws ConfigException {
    return required(CLIENT_ID, "the id that the provider gave this server");
  }

  private URI console() throws ConfigException {
    String example = "https://regild.example.com";
    URI uri = address(CONSOLE, example);
    if (!uri.getRawPath().isEmpty() && !uri.getRawPath().equals("/")) {
      throw wrong(
          CONSOLE,
          uri.toString(),
          "the address at which browsers reach this server without a path, such as " + example);
    }
    return uri;
  }

  private String name(URI issuer) throws ConfigException {
    String name = values.getOrDefault(NAME, issuer.getHost()).strip();
    if (name.isEmpty() || name.length() > 50) {
      throw wrong(NAME, name, "what people call the provider, in at most 50 characters");
    }
    return name;
  }

  private List<String> scopes() throws ConfigException {
    String text = values.getOrDefault(SCOPES, "profile email");
    List<String> scopes =
        Arrays.stream(text.strip().split("[ ,]+", -1)).filter(it -> !it.isEmpty()).toList();
    if (!scopes.stream().allMatch(it -> SCOPE.matcher(it).matches())) {
      throw wrong(SCOPES, text, "names of scopes, separated by spaces, such as profile groups");
    }
    return scopes;
  }

  private String groupsClaim() throws ConfigException {
    String claim = values.getOrDefault(GROUPS_CLAIM, "groups").strip();
    if (claim.isEmpty()) {
      throw wrong(GROUPS_CLAIM, claim, "the name of the claim that lists groups, such as groups");
    }
    return claim;
  }

  private List<Grant> grants() throws ConfigException {
    String form =
        "groups with their accounts and rights, such as admins=123456789012:full,"
            + " staff=123456789012:read-only";
    String text = required(GROUPS, form).strip();
    List<Grant> grants = new ArrayList<>();
    Matcher matcher = GRANT.matcher(text);
    int end = 0;
    while (end < text.length() && matcher.find(end) && matcher.start() == end) {
      grants.add(
          new Grant(matcher.group(1), matcher.group(2), matcher.group(3).equals("read-only")));
      end = matcher.end();
    }
    if (end < text.length()) {
      throw wrong(GROUPS, text, form);
    }
    return grants;
  }

  private Algorithm algorithm() throws ConfigException {
    String text = values.getOrDefault(ALGORITHM, Algorithm.RS256.name());
    return Arrays.stream(Algorithm.values())
        .filter(each -> each.name().equals(text))
        .findFirst()
        .orElseThrow(() ->
            wrong(
                ALGORITHM,
                text,
                Arrays.stream(Algorithm.values())
                    .map(Enum::name)
                    .collect(Collectors.joining(" or "))));
  }

  private String authority() throws ConfigException {
    String text = values.getOrDefault(CA_CERT, "");
    if (!text.isEmpty() && !text.startsWith("/")) {
      throw wrong(CA_CERT, text, "the whole path of a PEM file");
    }
    return text;
  }

  private String required(String key, String form) throws ConfigException {
    String text = values.getOrDefault(key, "").strip();
    if (text.isEmpty()) {
      throw new ConfigException(
          "%s is not set, but oidc.issuer is. Set it to %s.".formatted(key, form));
    }
    return text;
  }
}
