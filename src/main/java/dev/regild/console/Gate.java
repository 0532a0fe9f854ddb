package dev.regild.console;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.Person;
import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.console.Visit.Identity;
import dev.regild.console.session.Session;
import dev.regild.console.session.Sessions;
import dev.regild.console.view.Frame;
import dev.regild.image.Owner;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.SetCookie;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/**
 * Who sends a request, by its cookie, and whether its form is one of ours.
 *
 * @param issuer the provider that vouches for people; empty for none
 * @param everybody who acts where the server lets everybody in
 */
record Gate(
    Sessions sessions,
    Accounts accounts,
    Csrf csrf,
    Optional<String> issuer,
    Optional<Owner> everybody) {
  static final String SESSION_COOKIE = "regild-session";

  /** Before the login, ties forms to the browser that they were sent to. */
  static final String VISITOR_COOKIE = "regild-visitor";

  static final HeaderName CSRF_HEADER = HeaderNames.create("X-Regild-Csrf");
  static final String CSRF_FIELD = "csrf";

  private static final HeaderName FETCH_DEST = HeaderNames.create("Sec-Fetch-Dest");
  private static final HeaderName HX_TRIGGER = HeaderNames.create("HX-Trigger");

  /** The parts of pages that ask by themselves how something stands, by their ids. */
  private static final Set<String> POLLING = Set.of("channel", "channels", "jobs");

  private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
  private static final HeaderName FORWARDED_PROTO = HeaderNames.create("X-Forwarded-Proto");
  private static final String COOKIE_PATH = "/console";
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * Who came.
   *
   * @param identity who is logged in
   * @param csrfSubject what the codes of its forms are made from
   */
  record Arrival(Optional<Identity> identity, String csrfSubject) {}

  Arrival arrive(ServerRequest request, ServerResponse response) {
    Optional<Identity> identity = identity(request, response);
    Optional<Session> session = identity.flatMap(Identity::session);
    return new Arrival(
        identity,
        session.map(Gate::subject).orElseGet(() -> "visitor " + visitor(request, response)));
  }

  /** What the codes of a session's forms are made from. */
  static String subject(Session session) {
    return "session " + session.id();
  }

  /** The code of an arrival's forms. */
  String code(Arrival arrival) {
    return csrf.code(arrival.csrfSubject);
  }

  /**
   * Nothing happens if a form was sent from one of our pages.
   *
   * @throws ApiException AccessDeniedException if not
   */
  void requireOwnForm(ServerRequest request, Arrival arrival, String code) {
    if (!isOwnForm(request, arrival, code)) {
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "This form was not sent from a page of this console, or its page is too old. Reload the"
              + " page and send the form again.");
    }
  }

  /** Whether a form was sent from one of our pages, within the session that there is now. */
  boolean isOwnForm(ServerRequest request, Arrival arrival, String code) {
    Optional<String> site = request.headers().first(FETCH_SITE);
    boolean foreign =
        site.isPresent() && !site.get().equals("same-origin") && !site.get().equals("none");
    return !foreign && csrf.accepts(arrival.csrfSubject, code);
  }

  /** Whether the browser says that one of our own pages sent a request. */
  static boolean isFromHere(ServerRequest request) {
    return request.headers().first(FETCH_SITE).orElse("").equals("same-origin");
  }

  private Optional<Identity> identity(ServerRequest request, ServerResponse response) {
    if (everybody.isPresent()) {
      Owner owner = everybody.get();
      return Optional.of(
          new Identity(
              new Caller(owner, "", false, false),
              new Frame.Who("", "Everybody", owner.accountId(), "", owner.region(), false, false),
              Optional.empty()));
    }
    return cookie(request, SESSION_COOKIE)
        .flatMap(token -> sessions.find(token, use(request)))
        .flatMap(found -> {
          Optional<Identity> identity =
              accounts
                  .findKey(found.session().keyId())
                  .filter(AccessKey::enabled)
                  .filter(this::isVouchedFor)
                  .map(key -> identity(key, found.session()));
          if (identity.isPresent()) {
            found
                .newToken()
                .ifPresent(token -> response.headers().addCookie(sessionCookie(request, token)));
          }
          return identity;
        });
  }

  /** Whether a person's provider is still the one that this server trusts. */
  private boolean isVouchedFor(AccessKey key) {
    return key.person().isEmpty() || key.person().map(Person::issuer).equals(issuer);
  }

  private static Identity identity(AccessKey key, Session session) {
    Account account = key.account();
    Caller caller =
        new Caller(
            new Owner(account.id(), session.region()),
            key.id(),
            key.readOnly(),
            account.status() == Account.Status.SUSPENDED);
    return new Identity(
        caller,
        new Frame.Who(
            key.person().map(Person::name).orElse(""),
            account.name(),
            account.id(),
            key.id(),
            session.region(),
            key.readOnly(),
            true),
        Optional.of(session));
  }

  private static Sessions.Use use(ServerRequest request) {
    Optional<String> asking = request.headers().first(HX_TRIGGER);
    if (asking.isPresent() && POLLING.contains(asking.get())) {
      return Sessions.Use.POLL;
    }
    return request.headers().first(FETCH_DEST).orElse("document").equals("document")
        ? Sessions.Use.PAGE
        : Sessions.Use.PART;
  }

  private String visitor(ServerRequest request, ServerResponse response) {
    return cookie(request, VISITOR_COOKIE)
        .filter(value -> value.matches("[A-Za-z0-9_-]{20,60}"))
        .orElseGet(() -> {
          byte[] bytes = new byte[24];
          RANDOM.nextBytes(bytes);
          String value = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
          response.headers().addCookie(cookie(request, VISITOR_COOKIE, value).build());
          return value;
        });
  }

  SetCookie sessionCookie(ServerRequest request, String token) {
    return cookie(request, SESSION_COOKIE, token).build();
  }

  /** Takes a cookie away. */
  static SetCookie gone(ServerRequest request, String name) {
    return gone(cookie(request, name, ""));
  }

  /** By a time in the past: no time left at all is not written. */
  static SetCookie gone(SetCookie.Builder cookie) {
    return cookie.expires(Instant.EPOCH).build();
  }

  static SetCookie.Builder cookie(ServerRequest request, String name, String value) {
    return SetCookie.builder(name, value)
        .path(COOKIE_PATH)
        .httpOnly(true)
        .sameSite(SetCookie.SameSite.STRICT)
        .secure(isTls(request));
  }

  /**
   * Whether the browser uses TLS. A proxy in front of the server says so for its clients; whoever
   * else claims it has their own browser keep its cookies more strictly, and nothing more.
   */
  static boolean isTls(ServerRequest request) {
    return request.isSecure()
        || request.headers().first(FORWARDED_PROTO).orElse("").equalsIgnoreCase("https");
  }

  static Optional<String> cookie(ServerRequest request, String name) {
    return request.headers().cookies().contains(name)
        ? Optional.of(request.headers().cookies().get(name))
        : Optional.empty();
  }
}
