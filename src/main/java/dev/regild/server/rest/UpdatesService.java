package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.AppStreamProtocol;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.MentionedResources;
import dev.regild.api.operation.AppStreamOperations;
import dev.regild.api.operation.ImageServices;
import dev.regild.plan.UpdateOptions;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.rest.UpdateViews.Shown;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code GET /regild/v1/updates/IMAGE}: how the update stands that makes or made an image; as
 * server-sent events if the client accepts them. {@code POST /regild/v1/updates}: the call {@code
 * CreateUpdatedImage} with the query parameters {@code allow-removals} and {@code skip-hooks}.
 */
public final class UpdatesService implements HttpService {
  private static final String CREATE = "CreateUpdatedImage";

  private final Requests requests;
  private final UpdateViews views;
  private final EventStreams events;
  private final Map<UpdateOptions, AppStreamProtocol> protocols;

  public UpdatesService(
      Requests requests, ImageServices services, UpdateViews views, EventStreams events) {
    this.requests = requests;
    this.views = views;
    this.events = events;
    this.protocols =
        Stream.of(false, true)
            .flatMap(
                removals -> Stream.of(false, true).map(hooks -> new UpdateOptions(removals, hooks)))
            .collect(
                Collectors.toUnmodifiableMap(
                    options -> options,
                    options -> AppStreamOperations.updating(services, options)));
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/updates/{image}", this::show);
    rules.post("/regild/v1/updates", this::create);
  }

  private void create(ServerRequest request, ServerResponse response) {
    RequestLog.operation(CREATE);
    Requests.Received received = requests.received(request);
    Caller caller = received.caller();
    byte[] body = received.body();
    RequestLog.caller(caller);
    RequestLog.resources(request, MentionedResources.in(body));
    UpdateOptions options =
        new UpdateOptions(flag(request, "allow-removals"), flag(request, "skip-hooks"));
    AppStreamProtocol protocol = Optional.ofNullable(protocols.get(options)).orElseThrow();
    byte[] answer =
        protocol.answer(
            caller, AppStreamProtocol.target(CREATE), AppStreamProtocol.CONTENT_TYPE, body);
    response.header(HeaderNames.CONTENT_TYPE, "application/json").send(answer);
  }

  private static boolean flag(ServerRequest request, String name) {
    String value = request.query().first(name).orElse("false");
    if (!value.equals("true") && !value.equals("false")) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The query parameter %s is '%s'. It must be true or false.".formatted(name, value));
    }
    return value.equals("true");
  }

  private void show(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowUpdate");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String image = request.path().pathParameters().get("image");
    Shown now = views.require(caller.owner(), image);
    boolean wantsEvents =
        request.headers().acceptedTypes().stream()
            .anyMatch(type -> type.mediaType().equals(MediaTypes.TEXT_EVENT_STREAM));
    if (wantsEvents) {
      events.send(response, caller, image, now);
    } else {
      OwnAnswers.send(response, now.view());
    }
  }
}
