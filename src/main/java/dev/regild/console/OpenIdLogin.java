package dev.regild.console;

import dev.regild.account.AccessKey;
import dev.regild.account.Account;
import dev.regild.account.Accounts;
import dev.regild.account.People;
import dev.regild.api.ApiException;
import dev.regild.api.ErrorType;
import dev.regild.console.openid.Grant;
import dev.regild.console.openid.LoginAttempt;
import dev.regild.console.openid.OpenIdException;
import dev.regild.console.openid.OpenIdProvider;
import dev.regild.console.openid.OpenIdSettings;
import dev.regild.console.openid.Vouched;
import dev.regild.console.session.Sessions;
import dev.regild.console.view.Frame;
import gg.jte.generated.precompiled.JtearrivedGenerated;
import gg.jte.generated.precompiled.JteleavingGenerated;
import io.helidon.http.HeaderNames;
import io.helidon.http.SetCookie;
import io.helidon.http.Status;
import java.net.URI;
import java.time.Clock;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Logs people in and out for whom an OpenID Connect provider vouches. */
final class OpenIdLogin {
  static final String PATH = "/console/login/openid";

  /** Leads on to the provider, after the session here has ended. */
  static final String LEAVE = PATH + "/leave";

  private static final String ATTEMPT_COOKIE = "regild-login";
  private static final String ID_TOKEN_COOKIE = "regild-id-token";

  /** With its name and attributes, a cookie may have 4,096 bytes. */
  private static final int LONGEST_ID_TOKEN = 3_800;

  private final OpenIdProvider provider;
  private final Login login;
  private final Accounts accounts;
  private final People people;
  private final Sessions sessions;
  private final RequestGuard guard;
  private final String region;
  private final Clock clock;

  OpenIdLogin(ConsoleServices services, OpenIdProvider provider, Login login) {
    this.provider = provider;
    this.login = login;
    this.accounts = services.accounts();
    this.people = services.people();
    this.sessions = services.sessions();
    this.guard = services.guard();
    this.region = services.region();
    this.clock = services.images().clock();
  }

  /** Adds the routes; none of them asks who is logged in. */
  void routes(BiConsumer<String, Console.Page> show) {
    show.accept(PATH, this::begin);
    show.accept(OpenIdSettings.CALLBACK, this::finish);
    show.accept(LEAVE, this::leave);
    show.accept(
        OpenIdSettings.LOGGED_OUT,
        visit -> visit.redirect("/console/login", Notices.LOGGED_OUT_THERE));
  }

  private void begin(Visit visit) {
    String next = LocalPath.of(visit.query("next"));
    if (visit.identity().isPresent()) {
      visit.redirect(next);
      return;
    }
    LoginAttempt attempt = LoginAttempt.begin(clock.instant(), next);
    try {
      String page = provider.page(attempt).toString();
      visit.cookie(
          cookie(visit, ATTEMPT_COOKIE, attempt.cookie()).maxAge(LoginAttempt.GOOD_FOR).build());
      visit.response().status(Status.SEE_OTHER_303).header(HeaderNames.LOCATION, page).send();
    } catch (OpenIdException e) {
      refuse(visit, next, e);
    }
  }

  private void finish(Visit visit) {
    Optional<LoginAttempt> attempt =
        Gate.cookie(visit.request(), ATTEMPT_COOKIE).flatMap(LoginAttempt::parse);
    visit.cookie(Gate.gone(cookie(visit, ATTEMPT_COOKIE, "")));
    String next = LocalPath.of(attempt.map(LoginAttempt::next).orElse(LocalPath.HOME));
    try {
      if (attempt.isEmpty()) {
        throw new ApiException(
            ErrorType.UNRECOGNIZED_CLIENT,
            "This login was not begun in this browser, or was finished before. Log in again.");
      }
      Vouched vouched = provider.finish(attempt.get(), visit.request().query().toMap());
      enter(visit, vouched);
      // The browser keeps cookies back that are for this site alone while it comes from another.
      // The page that it loads next is asked for by this one.
      visit.show(
          Frame.Section.NONE,
          "Logged in",
          (out, frame) -> JtearrivedGenerated.render(out, null, frame, next));
    } catch (OpenIdException e) {
      refuse(visit, next, e);
    } catch (ApiException e) {
      refuse(visit, next, e);
    }
  }

  /**
   * Shows a page that leads to the provider, so that whoever sits down at this browser next is not
   * logged in again without a password. A redirect would not do: browsers follow none from a form
   * to another site, because of the policy of content.
   */
  private void leave(Visit visit) {
    if (visit.identity().isPresent()) {
      visit.redirect(LocalPath.HOME);
      return;
    }
    Optional<String> idToken = Gate.cookie(visit.request(), ID_TOKEN_COOKIE);
    visit.cookie(Gate.gone(cookie(visit, ID_TOKEN_COOKIE, "")));
    try {
      Optional<String> page = provider.logoutPage(idToken).map(URI::toString);
      if (page.isEmpty()) {
        visit.redirect("/console/login", Notices.LOGGED_OUT_HERE);
        return;
      }
      visit.show(
          Frame.Section.NONE,
          "Logged out",
          (out, frame) ->
              JteleavingGenerated.render(out, null, frame, provider.settings().name(), page.get()));
    } catch (OpenIdException e) {
      visit.redirect("/console/login", Notices.LOGGED_OUT_HERE);
    }
  }

  private void enter(Visit visit, Vouched vouched) {
    Optional<Grant> grant = provider.settings().grant(vouched.groups());
    if (grant.isEmpty()) {
      sessions.endOf(vouched.person(), Optional.empty());
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "%s is in no group that may use this server. Ask the server's operator for access."
              .formatted(vouched.person().name()));
    }
    Account account =
        accounts
            .find(grant.get().account())
            .orElseThrow(() ->
                new ApiException(
                    ErrorType.ACCESS_DENIED,
                    "The account of your group, %s, does not exist. Ask the server's operator to correct oidc.groups."
                        .formatted(grant.get().account())));
    AccessKey key = people.admit(vouched.person(), account, grant.get().readOnly());
    sessions.endOf(vouched.person(), Optional.of(key.id()));
    if (!key.enabled()) {
      throw new ApiException(
          ErrorType.ACCESS_DENIED,
          "The access of %s is disabled. Ask the server's operator to enable the access key %s."
              .formatted(vouched.person().name(), key.id()));
    }
    var _ = login.enter(visit, key, region);
    // The browser's own, so that no database has it. Without it, the provider asks who is meant.
    // That of an earlier login would name somebody else.
    visit.cookie(
        vouched.idToken().length() <= LONGEST_ID_TOKEN
            ? cookie(visit, ID_TOKEN_COOKIE, vouched.idToken())
                .sameSite(SetCookie.SameSite.STRICT)
                .build()
            : Gate.gone(cookie(visit, ID_TOKEN_COOKIE, "")));
  }

  private void refuse(Visit visit, String next, OpenIdException e) {
    refuse(
        visit,
        next,
        new ApiException(
            e.isRefusal() ? ErrorType.UNRECOGNIZED_CLIENT : ErrorType.SERVICE_UNAVAILABLE,
            String.valueOf(e.getMessage())));
  }

  private void refuse(Visit visit, String next, ApiException e) {
    if (e.type() != ErrorType.SERVICE_UNAVAILABLE) {
      guard.wrongCredentials(visit.request(), Optional.empty());
    }
    guard.refused(visit.response(), e);
    login.showRefused(visit, next, e);
  }

  /** Unlike the session's, it comes along when another site leads here: the provider. */
  private static SetCookie.Builder cookie(Visit visit, String name, String value) {
    return Gate.cookie(visit.request(), name, value).path(PATH).sameSite(SetCookie.SameSite.LAX);
  }
}
