package dev.regild.console.openid;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.GeneralException;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.AuthenticationResponse;
import com.nimbusds.openid.connect.sdk.AuthenticationResponseParser;
import com.nimbusds.openid.connect.sdk.LogoutRequest;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponse;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.UserInfoRequest;
import com.nimbusds.openid.connect.sdk.UserInfoResponse;
import com.nimbusds.openid.connect.sdk.claims.AuthorizedParty;
import com.nimbusds.openid.connect.sdk.claims.ClaimsSet;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.token.OIDCTokens;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import dev.regild.account.Person;
import dev.regild.files.KeyedHash;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An OpenID Connect provider, by the authorization code flow with PKCE (RFC 6749, RFC 7636). It is
 * asked for the first time when somebody logs in: a server starts without it.
 */
public final class OpenIdProvider {
  private static final Logger LOG = LoggerFactory.getLogger(OpenIdProvider.class);
  private static final Duration KNOWN = Duration.ofHours(1);

  /** Whoever waited while a provider gave no answer does not wait for the same once more. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /** Of one question; a login asks at most four. */
  private static final Duration LIMIT = Duration.ofSeconds(8);

  /** Logins that ask the provider at one time. Strangers begin logins, too. */
  private static final int MOST_AT_ONCE = 8;

  /** At most 255 ASCII characters: OpenID Connect Core, section 2. */
  private static final Pattern SUBJECT = Pattern.compile("[ -~]{1,255}");

  private static final int LONGEST_NAME = 100;
  private static final int MOST_GROUPS = 2_000;

  private final OpenIdSettings settings;
  private final KeyedHash hash;
  private final Clock clock;
  private final ProviderConnection connection;
  private final Semaphore turns = new Semaphore(MOST_AT_ONCE);
  private Optional<Known> known = Optional.empty();
  private Optional<Failure> failure = Optional.empty();

  /**
   * Asks nothing yet.
   *
   * @param secret what states and nonces are made with; all nodes have the same
   * @param environment says which proxies are used
   */
  public OpenIdProvider(
      OpenIdSettings settings, byte[] secret, Map<String, String> environment, Clock clock) {
    this(settings, secret, environment, clock, LIMIT);
  }

  OpenIdProvider(
      OpenIdSettings settings,
      byte[] secret,
      Map<String, String> environment,
      Clock clock,
      Duration limit) {
    this.settings = settings;
    this.hash = new KeyedHash(secret);
    this.clock = clock;
    this.connection = new ProviderConnection(environment, settings.authority(), limit);
  }

  /** What the provider says of itself, and its keys. */
  private record Known(
      OIDCProviderMetadata metadata, JWKSource<SecurityContext> keys, Instant since) {}

  /** Why the provider could not be asked about itself, the last time. */
  private record Failure(IOException reason, Instant at) {}

  public OpenIdSettings settings() {
    return settings;
  }

  /**
   * Returns the provider's page on which a person logs in.
   *
   * @throws OpenIdException if the provider can't be used
   */
  public URI page(LoginAttempt attempt) throws OpenIdException {
    return inTurn(() -> {
      LoginSecrets secrets = LoginSecrets.of(attempt, hash);
      return new AuthenticationRequest.Builder(
              ResponseType.CODE, scope(), new ClientID(settings.clientId()), settings.redirect())
          .endpointURI(known().metadata.getAuthorizationEndpointURI())
          .state(secrets.state())
          .nonce(secrets.nonce())
          .codeChallenge(secrets.verifier(), CodeChallengeMethod.S256)
          .build()
          .toURI();
    });
  }

  /**
   * Finishes a login.
   *
   * @param parameters what the browser brings back
   * @throws OpenIdException if the provider can't be used, or what it says can't be trusted
   */
  public Vouched finish(LoginAttempt attempt, Map<String, List<String>> parameters)
      throws OpenIdException {
    LoginSecrets secrets = LoginSecrets.of(attempt, hash);
    AuthorizationCode code = code(attempt, secrets, parameters);
    return inTurn(() -> {
      OIDCTokens tokens = tokens(secrets, code);
      ClaimsSet claims = claims(tokens, secrets);
      return vouched(claims, groups(claims, tokens), tokens.getIDTokenString());
    });
  }

  /**
   * Returns the provider's page on which a person logs out there, too (OpenID Connect RP-Initiated
   * Logout 1.0, section 2); empty if the provider has no such page.
   *
   * @param idToken of the login, so that the provider need not ask who is meant; empty if it is not
   *     known any more
   * @throws OpenIdException if the provider can't be used
   */
  public Optional<URI> logoutPage(Optional<String> idToken) throws OpenIdException {
    return inTurn(() -> {
      URI endpoint = known().metadata.getEndSessionEndpointURI();
      if (endpoint == null) {
        return Optional.empty();
      }
      requireSafe("end_session_endpoint", endpoint);
      return Optional.of(
          new LogoutRequest(
                  endpoint,
                  idToken.map(OpenIdProvider::parsed).orElse(null),
                  null,
                  new ClientID(settings.clientId()),
                  settings.loggedOut(),
                  null,
                  null)
              .toURI());
    });
  }

  /** A browser brings the token, so it can be anything. */
  private static @Nullable JWT parsed(String token) {
    try {
      return JWTParser.parse(token);
    } catch (java.text.ParseException e) {
      return null;
    }
  }

  private Scope scope() {
    Scope scope = new Scope("openid");
    settings.scopes().forEach(scope::add);
    return scope;
  }

  /** Asks for something of the provider. */
  @FunctionalInterface
  private interface Question<T> {
    T ask() throws OpenIdException, IOException;
  }

  private <T> T inTurn(Question<T> question) throws OpenIdException {
    if (!turns.tryAcquire()) {
      throw OpenIdException.unavailable(
          "Too many people are logging in. Try again in a few seconds.");
    }
    try {
      return question.ask();
    } catch (IOException e) {
      throw unreachable(e);
    } finally {
      turns.release();
    }
  }

  private OpenIdException unreachable(Exception e) {
    LOG.atWarn()
        .addKeyValue("issuer", settings.issuer())
        .addKeyValue("reason", e.toString())
        .log("the OpenID Connect provider can't be used");
    return OpenIdException.unavailable(
        "%s can't be reached. Try again later, or log in with an access key."
            .formatted(settings.name()),
        e);
  }

  private synchronized Known known() throws IOException {
    Instant now = clock.instant();
    if (known.filter(it -> it.since.plus(KNOWN).isAfter(now)).isEmpty()) {
      known = Optional.of(discoveredNow(now));
    }
    return known.get();
  }

  private Known discoveredNow(Instant now) throws IOException {
    if (failure.filter(it -> Duration.between(it.at, now).abs().compareTo(PAUSE) < 0).isPresent()) {
      throw new IOException("a moment ago: " + failure.get().reason.getMessage());
    }
    try {
      return discovered(now);
    } catch (IOException e) {
      failure = Optional.of(new Failure(e, clock.instant()));
      throw e;
    }
  }

  private Known discovered(Instant now) throws IOException {
    try {
      Issuer issuer = new Issuer(settings.issuer());
      URI document = URI.create(OIDCProviderMetadata.resolveURL(issuer).toString());
      OIDCProviderMetadata metadata = OIDCProviderMetadata.parse(connection.document(document));
      if (!metadata.getIssuer().equals(issuer)) {
        throw new IOException(
            "the provider calls itself '%s', but oidc.issuer is '%s'; correct oidc.issuer"
                .formatted(metadata.getIssuer(), issuer));
      }
      requireSafe("authorization_endpoint", metadata.getAuthorizationEndpointURI());
      requireSafe("token_endpoint", metadata.getTokenEndpointURI());
      requireSafe("jwks_uri", metadata.getJWKSetURI());
      JWKSource<SecurityContext> keys =
          JWKSourceBuilder.create(metadata.getJWKSetURI().toURL(), connection)
              .retrying(false)
              .build();
      return new Known(metadata, keys, now);
    } catch (GeneralException e) {
      throw new IOException("the provider's configuration can't be used: " + e.getMessage(), e);
    }
  }

  /** As safe as the issuer's own address, of which the configuration allows only safe ones. */
  private void requireSafe(String name, @Nullable URI uri) throws IOException {
    boolean safe =
        uri != null
            && ("https".equals(uri.getScheme())
                || ("http".equals(uri.getScheme()) && settings.issuer().startsWith("http:")));
    if (!safe) {
      throw new IOException("the provider's %s is '%s', which is not https".formatted(name, uri));
    }
  }

  private AuthorizationCode code(
      LoginAttempt attempt, LoginSecrets secrets, Map<String, List<String>> parameters)
      throws OpenIdException {
    try {
      AuthenticationResponse response =
          AuthenticationResponseParser.parse(settings.redirect(), parameters);
      boolean ours = secrets.state().equals(response.getState());
      if (!ours || !attempt.isGoodAt(clock.instant())) {
        throw OpenIdException.refused(
            "This login was not begun in this browser within the last ten minutes. Log in again.");
      }
      // RFC 9207: another provider's answer that a browser was led to bring here.
      if (response.getIssuer() != null
          && !settings.issuer().equals(response.getIssuer().getValue())) {
        throw OpenIdException.refused("Another provider answered. Log in again.");
      }
      if (!response.indicatesSuccess()) {
        String error = String.valueOf(response.toErrorResponse().getErrorObject().getCode());
        throw OpenIdException.refused(
            "%s did not log you in (%s). Try again, or log in with an access key."
                .formatted(settings.name(), error.replaceAll("[^A-Za-z0-9_ .-]", "?")));
      }
      return Objects.requireNonNull(response.toSuccessResponse().getAuthorizationCode());
    } catch (ParseException | NullPointerException e) {
      throw OpenIdException.refused("The provider's answer is incomplete. Log in again.", e);
    }
  }

  private OIDCTokens tokens(LoginSecrets secrets, AuthorizationCode code)
      throws OpenIdException, IOException {
    AuthorizationCodeGrant grant =
        new AuthorizationCodeGrant(code, settings.redirect(), secrets.verifier());
    try {
      TokenResponse response =
          OIDCTokenResponseParser.parse(request(grant).toHTTPRequest().send(connection));
      if (response instanceof OIDCTokenResponse success) {
        return success.getOIDCTokens();
      }
      String error = String.valueOf(response.toErrorResponse().getErrorObject().getCode());
      LOG.atWarn()
          .addKeyValue("issuer", settings.issuer())
          .addKeyValue("error", error)
          .log("the OpenID Connect provider gave no token");
      if ("invalid_client".equals(error) || "unauthorized_client".equals(error)) {
        throw OpenIdException.unavailable(
            "%s does not know this server (%s). Tell the server's operator, and log in with an access key."
                .formatted(settings.name(), error));
      }
      throw OpenIdException.refused("This login was used before, or took too long. Log in again.");
    } catch (ParseException e) {
      throw new IOException("the provider's token response can't be used: " + e.getMessage(), e);
    }
  }

  private TokenRequest request(AuthorizationCodeGrant grant) throws IOException {
    ClientID client = new ClientID(settings.clientId());
    OIDCProviderMetadata metadata = known().metadata;
    URI endpoint = metadata.getTokenEndpointURI();
    if (settings.clientSecret().isEmpty()) {
      return new TokenRequest.Builder(endpoint, client, grant).build();
    }
    Secret secret = new Secret(settings.clientSecret().get());
    List<ClientAuthenticationMethod> methods = metadata.getTokenEndpointAuthMethods();
    boolean inHeader =
        methods == null || methods.contains(ClientAuthenticationMethod.CLIENT_SECRET_BASIC);
    return new TokenRequest.Builder(
            endpoint,
            inHeader ? new ClientSecretBasic(client, secret) : new ClientSecretPost(client, secret),
            grant)
        .build();
  }

  private IDTokenClaimsSet claims(OIDCTokens tokens, LoginSecrets secrets)
      throws OpenIdException, IOException {
    IDTokenValidator validator =
        new IDTokenValidator(
            new Issuer(settings.issuer()),
            new ClientID(settings.clientId()),
            new JWSVerificationKeySelector<SecurityContext>(
                JWSAlgorithm.parse(settings.algorithm().name()), known().keys),
            null);
    try {
      IDTokenClaimsSet claims = validator.validate(tokens.getIDToken(), secrets.nonce());
      AuthorizedParty party = claims.getAuthorizedParty();
      if (party != null && !party.getValue().equals(settings.clientId())) {
        throw new BadJOSEException("the token was made for " + party);
      }
      return claims;
    } catch (KeySourceException e) {
      throw new IOException("the provider's keys can't be read: " + e.getMessage(), e);
    } catch (BadJOSEException | JOSEException e) {
      LOG.atWarn()
          .addKeyValue("issuer", settings.issuer())
          .addKeyValue("reason", e.getMessage())
          .log("an ID token was refused");
      throw OpenIdException.refused(
          "The identity that %s sent can't be verified. Log in again; if that does not help, tell the server's operator."
              .formatted(settings.name()),
          e);
    }
  }

  /** From the ID token or, as many providers have it, from the endpoint of claims. */
  private List<String> groups(ClaimsSet claims, OIDCTokens tokens) throws IOException {
    Object inToken = claims.getClaim(settings.groupsClaim());
    URI endpoint = known().metadata.getUserInfoEndpointURI();
    if (inToken != null || endpoint == null) {
      return texts(inToken);
    }
    requireSafe("userinfo_endpoint", endpoint);
    try {
      UserInfoResponse response =
          UserInfoResponse.parse(
              new UserInfoRequest(
                      endpoint, new BearerAccessToken(tokens.getAccessToken().getValue()))
                  .toHTTPRequest()
                  .send(connection));
      if (!response.indicatesSuccess()) {
        throw new IOException("the provider's userinfo_endpoint refuses its own token");
      }
      ClaimsSet more = response.toSuccessResponse().getUserInfo();
      boolean same = more != null && subject(claims).equals(subject(more));
      return same ? texts(more.getClaim(settings.groupsClaim())) : List.of();
    } catch (ParseException e) {
      throw new IOException("the provider's user info can't be used: " + e.getMessage(), e);
    }
  }

  private static List<String> texts(@Nullable Object claim) {
    return switch (claim) {
      case String one -> List.of(one);
      case List<?> many ->
          many.stream()
              .filter(String.class::isInstance)
              .map(String.class::cast)
              .limit(MOST_GROUPS)
              .toList();
      case null, default -> List.of();
    };
  }

  private Vouched vouched(ClaimsSet claims, List<String> groups, String idToken)
      throws OpenIdException {
    String subject = subject(claims);
    if (!SUBJECT.matcher(subject).matches()) {
      throw OpenIdException.refused(
          "%s identifies you in a form that this server does not accept. Log in with an access key."
              .formatted(settings.name()));
    }
    String name =
        Stream.of("preferred_username", "email", "name")
            .map(claims::getStringClaim)
            .filter(Objects::nonNull)
            .map(OpenIdProvider::shortened)
            .filter(text -> !text.isEmpty())
            .findFirst()
            .orElseGet(() -> shortened(subject));
    return new Vouched(new Person(settings.issuer(), subject, name), groups, idToken);
  }

  private static String subject(ClaimsSet claims) {
    return String.valueOf(claims.getStringClaim("sub"));
  }

  private static String shortened(String name) {
    String text = name.replaceAll("\\p{Cntrl}", "").strip();
    return text.substring(
        0,
        text.offsetByCodePoints(0, Math.min(text.codePointCount(0, text.length()), LONGEST_NAME)));
  }
}
