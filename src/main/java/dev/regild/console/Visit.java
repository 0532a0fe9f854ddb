package dev.regild.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.console.session.Session;
import dev.regild.console.view.Frame;
import gg.jte.html.HtmlTemplateOutput;
import gg.jte.output.StringOutput;
import io.helidon.http.HeaderNames;
import io.helidon.http.SetCookie;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;
import java.util.function.Consumer;

/** One request of a page: who sent it, what it asks for, and the ways to answer it. */
public final class Visit {
  private static final String NOTICE = "done";

  private final ServerRequest request;
  private final ServerResponse response;
  private final Form form;
  private final Look look;
  private final Optional<Identity> identity;
  private final Consumer<String> ownForm;

  /**
   * @param ownForm fails if the code of a form is not one of this visitor
   */
  Visit(
      ServerRequest request,
      ServerResponse response,
      Form form,
      Look look,
      Optional<Identity> identity,
      Consumer<String> ownForm) {
    this.request = request;
    this.response = response;
    this.form = form;
    this.look = look;
    this.identity = identity;
    this.ownForm = ownForm;
  }

  /**
   * What every page of this visit has.
   *
   * @param csrf the code of its forms
   */
  record Look(String theme, String csrf, Frame.AssetPaths assets) {}

  /**
   * Who is logged in.
   *
   * @param session empty where the server lets everybody in
   */
  record Identity(Caller caller, Frame.Who who, Optional<Session> session) {
    /** Whether a provider vouches for a person. */
    boolean isPerson() {
      return !who.person().isEmpty();
    }
  }

  /** Writes a page within its frame. */
  @FunctionalInterface
  public interface Template {
    void render(HtmlTemplateOutput out, Frame frame);
  }

  public ServerRequest request() {
    return request;
  }

  public ServerResponse response() {
    return response;
  }

  public Form form() {
    return form;
  }

  Optional<Identity> identity() {
    return identity;
  }

  /** Who sent the request; only pages behind the login ask. */
  public Caller caller() {
    return identity.orElseThrow().caller();
  }

  /**
   * A part of the path.
   *
   * @throws ApiException ResourceNotFoundException if it has a control character, as no name does
   */
  public String path(String name) {
    String part = request.path().pathParameters().get(name);
    if (part.chars().anyMatch(Character::isISOControl)) {
      throw notFound("Nothing has this name.");
    }
    return part;
  }

  /** A parameter of the query without control characters; empty if it is absent. */
  public String query(String name) {
    return request.query().first(name).orElse("").replaceAll("\\p{Cntrl}", "").strip();
  }

  /** The address of the server as the browser sees it. */
  public String origin() {
    return (Gate.isTls(request) ? "https://" : "http://") + request.authority();
  }

  /** The path of this page with its query. */
  String whole() {
    String query = request.prologue().query().rawValue();
    return request.prologue().uriPath().rawPath() + (query.isEmpty() ? "" : "?" + query);
  }

  public void show(Frame.Section section, String title, Template template) {
    show(Status.OK_200, section, title, template);
  }

  /** Shows a page again because of what was wrong with its form. */
  public void showRefused(
      ApiException error, Frame.Section section, String title, Template template) {
    show(Status.create(PageErrors.status(error.type())), section, title, template);
  }

  void show(Status status, Frame.Section section, String title, Template template) {
    Frame frame =
        new Frame(
            title,
            section,
            identity.map(Identity::who),
            look.csrf(),
            look.theme(),
            LocalPath.of(whole()),
            look.assets(),
            Notices.text(query(NOTICE)));
    StringOutput page = new StringOutput(32 << 10);
    template.render(new IsolatedOutput(page), frame);
    response
        .status(status)
        .header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8")
        .send(page.toString().getBytes(UTF_8));
  }

  /** Sends the browser on to another page of the console. */
  public void redirect(String path) {
    response.status(Status.SEE_OTHER_303).header(HeaderNames.LOCATION, LocalPath.of(path)).send();
  }

  /** The same, with a word about what was done. */
  public void redirect(String path, Notices notice) {
    redirect(path + (path.contains("?") ? "&" : "?") + NOTICE + "=" + notice.code());
  }

  void cookie(SetCookie cookie) {
    response.headers().addCookie(cookie);
  }

  /**
   * Fails if a form was not sent from one of our pages.
   *
   * @param code what the form has
   * @throws ApiException AccessDeniedException
   */
  void requireOwnForm(String code) {
    ownForm.accept(code);
  }

  /** Fails if whoever sent the request may only look. */
  public void requireChanges() {
    caller().requirePermission(true);
  }

  public ApiException notFound(String message) {
    return new ApiException(ErrorType.RESOURCE_NOT_FOUND, message);
  }
}
