package dev.regild.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.SigV4;
import dev.regild.console.session.Session;
import dev.regild.console.session.Sessions;
import dev.regild.console.view.Frame;
import dev.regild.console.view.LoginPage;
import dev.regild.image.Owner;
import gg.jte.generated.precompiled.JtecodeGenerated;
import gg.jte.generated.precompiled.JteloginGenerated;
import gg.jte.generated.precompiled.JteresumeGenerated;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Logs in with an access key, or with a link that is good for one time, and logs out. */
final class Login {
  /** Fields of a form that was interrupted stand in the form of the login under such names. */
  private static final String KEPT = "kept.";

  /** A secret that confirms something is typed again, and never shown. */
  static final List<String> NOT_KEPT = List.of(Gate.CSRF_FIELD, "secret");

  private static final String CODE = "code";

  private final Sessions sessions;
  private final Accounts accounts;
  private final Gate gate;
  private final RequestGuard guard;
  private final String region;
  private final Optional<String> provider;

  /**
   * @param region what the form proposes
   * @param provider the name of the provider that vouches for people; empty for none
   */
  Login(
      Sessions sessions,
      Accounts accounts,
      Gate gate,
      RequestGuard guard,
      String region,
      Optional<String> provider) {
    this.sessions = sessions;
    this.accounts = accounts;
    this.gate = gate;
    this.guard = guard;
    this.region = region;
    this.provider = provider;
  }

  /** The form, which keeps what was typed into the form that the visit sends. */
  LoginPage pageFor(Visit visit, String message) {
    return new LoginPage(
        message,
        "",
        "",
        region,
        LocalPath.HOME,
        LocalPath.of(visit.whole()),
        visit.form().without(NOT_KEPT),
        provider);
  }

  void show(Visit visit) {
    if (visit.identity().isPresent()) {
      visit.redirect(visit.query("next"));
    } else if (!visit.query(CODE).isEmpty()) {
      // The link itself changes nothing: a program that looks at links doesn't use it up.
      visit.show(
          Frame.Section.NONE,
          "Log in",
          (out, frame) -> JtecodeGenerated.render(out, null, frame, visit.query(CODE)));
    } else {
      show(visit, Status.OK_200, empty("", LocalPath.of(visit.query("next"))));
    }
  }

  /** Shows the form after another way of logging in has failed. */
  void showRefused(Visit visit, String next, ApiException error) {
    show(
        visit,
        Status.create(PageErrors.status(error.type())),
        empty(String.valueOf(error.getMessage()), next));
  }

  private LoginPage empty(String error, String next) {
    return new LoginPage("", error, "", region, next, "", Map.of(), provider);
  }

  void logIn(Visit visit) {
    try {
      Sessions.Login login =
          visit.form().checked(CODE) ? byCode(visit) : byKey(visit, visit.form());
      enter(visit, login);
    } catch (ApiException e) {
      guard.refused(visit.response(), e);
      show(visit, Status.create(PageErrors.status(e.type())), again(visit.form(), e));
    }
  }

  /** Ends the session; a person goes on to a page that leads to the provider. */
  void logOut(Visit visit) {
    visit.identity().flatMap(Visit.Identity::session).map(Session::id).ifPresent(sessions::end);
    visit.cookie(Gate.gone(visit.request(), Gate.SESSION_COOKIE));
    if (provider.isPresent() && visit.identity().filter(Visit.Identity::isPerson).isPresent()) {
      visit.redirect(OpenIdLogin.LEAVE);
    } else {
      visit.redirect("/console/login", Notices.LOGGED_OUT);
    }
  }

  private Sessions.Login byCode(Visit visit) {
    return sessions
        .redeem(visit.form().text(CODE))
        .orElseThrow(() -> {
          guard.wrongCredentials(visit.request(), Optional.empty());
          return new ApiException(
              ErrorType.UNRECOGNIZED_CLIENT,
              "This link was used before, or is older than half an hour. Log in with an access"
                  + " key.");
        });
  }

  private Sessions.Login byKey(Visit visit, Form form) {
    String chosen = form.optional("region").orElse(region);
    if (!SigV4.isRegion(chosen)) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "'%s' is not the name of a region. Write one such as us-east-1.".formatted(chosen));
    }
    Optional<AccessKey> key = accounts.findSigningKey(form.text("key")).filter(AccessKey::enabled);
    byte[] given = form.text("secret").getBytes(UTF_8);
    byte[] expected = key.map(AccessKey::secret).orElse("").getBytes(UTF_8);
    if (!MessageDigest.isEqual(expected, given) || key.isEmpty()) {
      guard.wrongCredentials(visit.request(), key.map(AccessKey::id));
      throw new ApiException(
          ErrorType.UNRECOGNIZED_CLIENT,
          "The access key id or the secret is wrong. Copy both again, for example from the file"
              + " that regild key create has shown.");
    }
    return new Sessions.Login(key.get().id(), chosen);
  }

  private void enter(Visit visit, Sessions.Login login) {
    AccessKey key =
        accounts
            .findKey(login.keyId())
            .filter(AccessKey::enabled)
            .orElseThrow(() ->
                new ApiException(
                    ErrorType.UNRECOGNIZED_CLIENT,
                    "The access key of this link is gone or disabled. Log in with another key."));
    goOn(visit, enter(visit, key, login.region()));
  }

  /**
   * Opens a session and gives the browser its cookie.
   *
   * @throws ApiException if the account is suspended
   */
  Session enter(Visit visit, AccessKey key, String regionShown) {
    Caller caller =
        new Caller(
            new Owner(key.account().id(), regionShown),
            key.id(),
            key.readOnly(),
            key.account().status() == Account.Status.SUSPENDED);
    guard.caller(visit.request(), caller);
    accounts.used(key.id(), key.account().id(), regionShown, guard.address(visit.request()));
    caller.requireActiveAccount(ErrorType.INVALID_ACCOUNT_STATUS);
    // Whoever holds an older token of this browser must not share the new login.
    visit.identity().flatMap(Visit.Identity::session).map(Session::id).ifPresent(sessions::end);
    Sessions.Opened opened =
        sessions.open(
            new Sessions.Login(key.id(), regionShown),
            guard.address(visit.request()),
            browser(visit.request()));
    visit.cookie(gate.sessionCookie(visit.request(), opened.token()));
    visit.cookie(Gate.gone(visit.request(), Gate.VISITOR_COOKIE));
    return opened.session();
  }

  private void goOn(Visit visit, Session session) {
    String resume = visit.form().raw("resume");
    if (resume.isEmpty() || !LocalPath.isOurs(resume)) {
      visit.redirect(visit.form().raw("next"));
      return;
    }
    String code = gate.code(new Gate.Arrival(Optional.empty(), Gate.subject(session)));
    askToSend(visit, resume, code, kept(visit.form()));
  }

  /**
   * Shows what was typed into a form that belongs to an earlier session, to be sent once more.
   *
   * @param code the code of the forms of the session that there is now
   */
  static void askToSend(Visit visit, String resume, String code, Map<String, List<String>> fields) {
    visit.show(
        Frame.Section.NONE,
        "Go on",
        (out, frame) -> JteresumeGenerated.render(out, null, frame, resume, code, fields));
  }

  private LoginPage again(Form form, ApiException error) {
    return new LoginPage(
        "",
        String.valueOf(error.getMessage()),
        form.text("key"),
        form.optional("region").orElse(region),
        LocalPath.of(form.raw("next")),
        LocalPath.isOurs(form.raw("resume")) ? form.raw("resume") : "",
        kept(form),
        provider);
  }

  private static void show(Visit visit, Status status, LoginPage page) {
    visit.show(
        status,
        Frame.Section.NONE,
        "Log in",
        (out, frame) -> JteloginGenerated.render(out, null, frame, page));
  }

  private static Map<String, List<String>> kept(Form form) {
    Map<String, List<String>> kept = new LinkedHashMap<>();
    form.without(List.of())
        .forEach((name, values) -> {
          if (name.startsWith(KEPT)) {
            kept.put(name.substring(KEPT.length()), values);
          }
        });
    return kept;
  }

  private static String browser(ServerRequest request) {
    return request.headers().first(HeaderNames.USER_AGENT).orElse("unknown");
  }
}
