package dev.regild.console.openid;

import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * How people log in with OpenID Connect. Its text never shows the client's secret.
 *
 * @param issuer the provider, exactly as its tokens name it
 * @param clientId what the provider calls this server
 * @param clientSecret what proves to the provider that this server asks; empty for a public client
 * @param console the address at which browsers reach this server, without a path
 * @param name what people call the provider
 * @param scopes what is asked for beside {@code openid}
 * @param groupsClaim the claim that lists a person's groups
 * @param grants what groups may do; the first that names one of a person's groups counts
 * @param algorithm what ID tokens are signed with; others are refused
 * @param authority the path of a PEM file with those who must have issued the provider's
 *     certificate; empty for those that Java trusts
 */
public record OpenIdSettings(
    String issuer,
    String clientId,
    Optional<String> clientSecret,
    URI console,
    String name,
    List<String> scopes,
    String groupsClaim,
    List<Grant> grants,
    Algorithm algorithm,
    String authority) {
  /** Where the provider sends the browser back to. */
  public static final String CALLBACK = "/console/login/openid/callback";

  /** Where the provider sends the browser after a logout there. */
  public static final String LOGGED_OUT = "/console/login/openid/logged-out";

  /** Signatures by a key pair: with a shared secret, this server could sign tokens itself. */
  public enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512
  }

  public OpenIdSettings {
    scopes = List.copyOf(scopes);
    grants = List.copyOf(grants);
  }

  /** Returns where the provider sends the browser back to; the provider has to know it. */
  public URI redirect() {
    return console.resolve(CALLBACK);
  }

  /** Returns where the provider sends the browser after a logout; the provider has to know it. */
  public URI loggedOut() {
    return console.resolve(LOGGED_OUT);
  }

  /** Returns what somebody of these groups may do; empty for nothing. */
  public Optional<Grant> grant(Collection<String> groups) {
    return grants.stream().filter(grant -> groups.contains(grant.group())).findFirst();
  }

  @Override
  public String toString() {
    return "OpenIdSettings[issuer=%s, clientId=%s, console=%s]"
        .formatted(issuer, clientId, console);
  }
}
