package dev.regild.console;

import dev.regild.api.ApiErrors;
import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.console.Visit.Identity;
import dev.regild.console.openid.OpenIdProvider;
import dev.regild.console.openid.OpenIdSettings;
import dev.regild.console.view.Frame;
import dev.regild.console.view.LoginPage;
import dev.regild.console.view.Words;
import gg.jte.generated.precompiled.JteerrorGenerated;
import gg.jte.generated.precompiled.JteloginGenerated;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The pages under {@code /console/}. Every request comes through here: it gets the headers that
 * protect it, its sender is found out, a form has to be one of ours, and what goes wrong becomes a
 * page that says what to do.
 */
public final class Console implements HttpService, AutoCloseable {
  private static final Duration THEME_KEPT = Duration.ofDays(365);
  private static final String THEME_COOKIE = "regild-theme";

  private final RequestGuard guard;
  private final Gate gate;
  private final ApiErrors errors = new ApiErrors();
  private final Login login;
  private final Optional<OpenIdLogin> openId;
  private final JobWatch watch;
  private final List<Pages> pages;

  /**
   * @param more pages beside those that this room has of its own
   */
  public Console(ConsoleServices services, List<Pages> more) {
    this.guard = services.guard();
    this.gate =
        new Gate(
            services.sessions(),
            services.accounts(),
            services.csrf(),
            settings(services).map(OpenIdSettings::issuer),
            services.everybody());
    this.login =
        new Login(
            services.sessions(),
            services.accounts(),
            gate,
            guard,
            services.region(),
            settings(services).map(OpenIdSettings::name));
    this.openId = services.provider().map(each -> new OpenIdLogin(services, each, login));
    ApiCall.Api api = new ApiCall.Api(guard, services.images());
    this.watch =
        new JobWatch(services.images().database(), services.sessions(), services.images().clock());
    ChannelPages channels = new ChannelPages(services);
    this.pages = new ArrayList<>(more);
    pages.addAll(
        List.of(
            new ImageList(services),
            new SelectionPages(services, api),
            new ImagePages(services, api, watch),
            new UpdatePages(services, api),
            new DerivedPages(services, api),
            new InsightPages(services),
            new EvidencePages(services),
            new ComparePages(services),
            new ImportPages(services, api),
            new UploadPages(services),
            channels,
            new CataloguePages(services, channels),
            new JobPages(services),
            new ActivityPages(services),
            new SettingsPages(services),
            new KeyPages(services),
            new QuotaPages(services)));
  }

  private static Optional<OpenIdSettings> settings(ConsoleServices services) {
    return services.provider().map(OpenIdProvider::settings);
  }

  /** Some pages of the console. */
  public interface Pages {
    void routes(Routes routes);
  }

  /** Answers a visit. */
  @FunctionalInterface
  public interface Page {
    void answer(Visit visit) throws Exception;
  }

  /** Where pages are. */
  public final class Routes {
    private final HttpRules rules;

    private Routes(HttpRules rules) {
      this.rules = rules;
    }

    /** Shows something. */
    public Routes show(String path, String operation, Page page) {
      rules.get(path, (request, response) -> answer(request, response, operation, Kind.LOOK, page));
      return this;
    }

    /** Receives a file; the page itself asks whether the form is one of ours. */
    Routes receive(String path, String operation, Page page) {
      rules.post(
          path, (request, response) -> answer(request, response, operation, Kind.FILE, page));
      return this;
    }

    /** Does something, with a form. */
    public Routes act(String path, String operation, Page page) {
      rules.post(
          path, (request, response) -> answer(request, response, operation, Kind.FORM, page));
      return this;
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/console", (_, response) -> toTheFirstPage(response));
    rules.get(Assets.PATH + "{name}", this::asset);
    rules.get("/console/login", (request, response) -> anybody(request, response, login::show));
    rules.post("/console/login", (request, response) -> anybody(request, response, login::logIn));
    openId.ifPresent(each ->
        each.routes((path, page) ->
            rules.get(path, (request, response) -> anybody(request, response, page))));
    rules.post("/console/theme", (request, response) -> anybody(request, response, this::theme));
    Routes routes = new Routes(rules);
    routes.act("/console/logout", "ConsoleLogout", login::logOut);
    pages.forEach(each -> each.routes(routes));
    rules.any(
        "/console/*",
        (request, response) ->
            answer(
                request,
                response,
                "ConsolePage",
                Kind.LOOK,
                visit -> {
                  throw visit.notFound("The console has no page at this address.");
                }));
  }

  /** Ends the streams of events. */
  @Override
  public void close() {
    watch.close();
  }

  private static void toTheFirstPage(ServerResponse response) {
    SafeHeaders.write(response);
    response.status(Status.SEE_OTHER_303).header(HeaderNames.LOCATION, LocalPath.HOME).send();
  }

  private void asset(ServerRequest request, ServerResponse response) {
    guard.operation("ConsoleAsset");
    SafeHeaders.write(response);
    if (!Assets.get().send(request.path().pathParameters().get("name"), request, response)) {
      response.status(Status.NOT_FOUND_404).send();
    }
  }

  /** For those who are not logged in, too. */
  private void anybody(ServerRequest request, ServerResponse response, Page page) {
    guard.operation("ConsoleLogin");
    SafeHeaders.write(response);
    Gate.Arrival arrival = gate.arrive(request, response);
    Visit visit = visit(request, response, arrival, Form.EMPTY);
    try {
      if (!isGet(request)) {
        Form form = Form.read(guard.body(request, false));
        visit = visit(request, response, arrival, form);
        visit.requireOwnForm(form.raw(Gate.CSRF_FIELD));
      }
      page.answer(visit);
    } catch (Exception e) {
      showError(visit, e);
    }
  }

  /** What a request may do. */
  private enum Kind {
    LOOK,
    FORM,
    FILE
  }

  private void answer(
      ServerRequest request, ServerResponse response, String operation, Kind kind, Page page) {
    guard.operation(operation);
    SafeHeaders.write(response);
    Gate.Arrival arrival = gate.arrive(request, response);
    Visit visit = visit(request, response, arrival, Form.EMPTY);
    try {
      Optional<Caller> caller = arrival.identity().map(Identity::caller);
      caller.ifPresent(each -> guard.caller(request, each));
      Form form =
          kind == Kind.FORM ? Form.read(guard.body(request, caller.isPresent())) : Form.EMPTY;
      visit = visit(request, response, arrival, form);
      if (caller.isEmpty()) {
        askToLogIn(visit, kind);
        return;
      }
      guard.proven();
      caller.get().requireActiveAccount(ErrorType.INVALID_ACCOUNT_STATUS);
      if (kind == Kind.FORM && isOfEarlierSession(visit, arrival)) {
        Login.askToSend(visit, visit.whole(), gate.code(arrival), form.without(Login.NOT_KEPT));
        return;
      }
      if (kind == Kind.FORM) {
        visit.requireOwnForm(form.raw(Gate.CSRF_FIELD));
      }
      page.answer(visit);
    } catch (Exception e) {
      showError(visit, e);
    }
  }

  /**
   * Whether a form is on a page of the console, by what the browser says, but was shown before the
   * login: somebody has logged in again in another tab. What was typed is kept.
   */
  private boolean isOfEarlierSession(Visit visit, Gate.Arrival arrival) {
    return Gate.isFromHere(visit.request())
        && !gate.isOwnForm(visit.request(), arrival, visit.form().raw(Gate.CSRF_FIELD))
        && LocalPath.isOurs(visit.whole());
  }

  private static boolean isGet(ServerRequest request) {
    return request.prologue().method().text().equals("GET");
  }

  private Visit visit(
      ServerRequest request, ServerResponse response, Gate.Arrival arrival, Form form) {
    String theme =
        Gate.cookie(request, THEME_COOKIE)
            .filter(each -> each.matches("light|dark"))
            .orElse("auto");
    return new Visit(
        request,
        response,
        form,
        new Visit.Look(theme, gate.code(arrival), Assets.get().paths()),
        arrival.identity(),
        code -> gate.requireOwnForm(request, arrival, code));
  }

  /**
   * What was typed into a form is kept until its sender is logged in again, if the browser says
   * that the form is on one of our pages. The session that its code belongs to has ended, so the
   * code proves nothing.
   */
  private void askToLogIn(Visit visit, Kind kind) {
    if (visit.request().headers().contains(HeaderNames.create("HX-Request"))) {
      visit.response().header(HeaderNames.create("HX-Redirect"), loginPath(visit));
      visit.response().status(Status.UNAUTHORIZED_401).send();
    } else if (kind == Kind.FORM && Gate.isFromHere(visit.request())) {
      LoginPage page =
          login.pageFor(visit, "Your session has ended. Log in to go on; what you typed is kept.");
      visit.show(
          Status.UNAUTHORIZED_401,
          Frame.Section.NONE,
          "Log in",
          (out, frame) -> JteloginGenerated.render(out, null, frame, page));
    } else if (kind == Kind.FORM) {
      // Where forms are sent to, there need not be a page to go on to.
      visit.redirect("/console/login");
    } else {
      visit.redirect(loginPath(visit));
    }
  }

  private static String loginPath(Visit visit) {
    return "/console/login?next=" + Words.encoded(visit.whole());
  }

  private void theme(Visit visit) {
    String theme = visit.form().text("theme");
    visit.cookie(
        theme.equals("auto")
            ? Gate.gone(visit.request(), THEME_COOKIE)
            : Gate.cookie(visit.request(), THEME_COOKIE, theme.equals("dark") ? "dark" : "light")
                .maxAge(THEME_KEPT)
                .build());
    visit.redirect(visit.form().text("next"));
  }

  private void showError(Visit visit, Exception thrown) {
    if (thrown instanceof CloseConnectionException gone) {
      throw gone;
    }
    if (thrown instanceof ServerConnectionException gone) {
      throw gone;
    }
    if (thrown instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    ApiException error = errors.errorFor(thrown, guard.requestId());
    guard.refused(visit.response(), error);
    visit.show(
        Status.create(PageErrors.status(error.type())),
        Frame.Section.NONE,
        error.type() == ErrorType.RESOURCE_NOT_FOUND ? "Not found" : "This did not work",
        (out, frame) ->
            JteerrorGenerated.render(
                out, null, frame, String.valueOf(error.getMessage()), guard.requestId()));
  }
}
