package dev.regild.server;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.image.UpdateRecord;
import dev.regild.image.UpdateRecords;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import org.jdbi.v3.core.Handle;

/**
 * {@code GET /regild/v1/updates/IMAGE}: how the update stands that makes or made an image; as
 * server-sent events if the client accepts them.
 */
final class UpdatesService implements HttpService {
  private final Requests requests;
  private final Database database;
  private final UpdateRecords updates;
  private final EventStreams events;
  private final Images images = new Images();

  UpdatesService(Requests requests, Database database, UpdateRecords updates, EventStreams events) {
    this.requests = requests;
    this.database = database;
    this.updates = updates;
    this.events = events;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/updates/{image}", this::show);
  }

  private void show(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowUpdate");
    Caller caller = Requests.admitted(requests.caller(request, requests.body(request)), false);
    String image = request.path().pathParameters().get("image");
    UpdateView now = view(caller.owner(), image);
    boolean wantsEvents =
        request.headers().acceptedTypes().stream()
            .anyMatch(type -> type.mediaType().equals(MediaTypes.TEXT_EVENT_STREAM));
    if (wantsEvents) {
      events.send(response, now, () -> view(caller.owner(), image), UpdatesService::isRunning);
    } else {
      OwnAnswers.send(response, now);
    }
  }

  private UpdateView view(Owner owner, String imageName) {
    return database.read(handle -> view(handle, owner, imageName));
  }

  private UpdateView view(Handle handle, Owner owner, String imageName) {
    UpdateRecord update =
        updates
            .find(handle, owner, imageName)
            .orElseThrow(() ->
                new ApiException(
                    ErrorType.RESOURCE_NOT_FOUND,
                    "There is no update that made an image '%s' of %s."
                        .formatted(imageName, owner)));
    Image image = images.require(handle, owner, imageName);
    return UpdateView.of(update, image);
  }

  private static boolean isRunning(UpdateView view) {
    return view.status().equals(UpdateRecord.Status.RUNNING.name());
  }
}
