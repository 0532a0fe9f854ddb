package dev.regild.server;

import dev.regild.api.Caller;
import dev.regild.server.UpdateViews.Shown;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/**
 * {@code GET /regild/v1/updates/IMAGE}: how the update stands that makes or made an image; as
 * server-sent events if the client accepts them.
 */
final class UpdatesService implements HttpService {
  private final Requests requests;
  private final UpdateViews views;
  private final EventStreams events;

  UpdatesService(Requests requests, UpdateViews views, EventStreams events) {
    this.requests = requests;
    this.views = views;
    this.events = events;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/updates/{image}", this::show);
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
      events.send(response, caller.owner(), image, now);
    } else {
      OwnAnswers.send(response, now.view());
    }
  }
}
