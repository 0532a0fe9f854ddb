package dev.regild.server.rest;

import dev.regild.account.SigningKeys;
import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.db.Database;
import dev.regild.disk.layers.Layer;
import dev.regild.disk.layers.LayerStore;
import dev.regild.image.Image;
import dev.regild.image.ImageDisk;
import dev.regild.image.ImageState;
import dev.regild.image.Images;
import dev.regild.image.LayerRecords;
import dev.regild.image.RefusedException;
import dev.regild.insight.provenance.Envelope;
import dev.regild.insight.provenance.Statements;
import dev.regild.server.http.AccountSlots;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * How an image came to be. {@code GET /regild/v1/images/NAME/provenance}: its signed statement;
 * {@code …/layers}: its layers, each read again and compared with its hash; {@code GET
 * /regild/v1/keys/signing}: the keys that verify statements.
 *
 * @param downloads whose slots the reading of layers takes, which reads as much
 */
public record ProvenanceService(
    Requests requests,
    Database database,
    SigningKeys keys,
    LayerStore layers,
    AccountSlots downloads)
    implements HttpService {

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/images/{name}/provenance", this::statement);
    rules.get("/regild/v1/images/{name}/layers", this::layers);
    rules.get("/regild/v1/keys/signing", this::keys);
  }

  private void statement(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowProvenance");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    Optional<Integer> number = request.query().first("number").map(ProvenanceService::number);
    Statements.Kept found =
        database.read(handle -> {
          Image image = Images.require(handle, caller.owner(), name);
          return number
              .flatMap(each -> Statements.find(handle, image.id(), each))
              .or(() ->
                  number.isPresent() ? Optional.empty() : Statements.newest(handle, image.id()))
              .orElseThrow(() -> missing(handle, image, number));
        });
    response
        .header(HeaderNames.CONTENT_TYPE, Envelope.MEDIA_TYPE)
        .header(HeaderNames.create("x-regild-statement"), String.valueOf(found.number()))
        .send(found.envelope());
  }

  private static int number(String text) {
    if (!text.matches("[1-9][0-9]{0,8}")) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The query parameter number is '%s'. It must be the number of a statement, from 1 on."
              .formatted(text));
    }
    return Integer.parseInt(text);
  }

  private static RefusedException missing(Handle handle, Image image, Optional<Integer> number) {
    Optional<Integer> newest = Statements.newest(handle, image.id()).map(Statements.Kept::number);
    String why;
    if (newest.isPresent()) {
      why =
          "The image %s has no statement %d. Its statements have the numbers 1 to %d."
              .formatted(image.name(), number.orElse(0), newest.get());
    } else if (image.state() == ImageState.AVAILABLE) {
      why =
          "The image %s has no signed statement: it was made before Regild signed them. Update it: the new image has one."
              .formatted(image.name());
    } else {
      why =
          "The image %s is %s and has no signed statement. An image has one when it is AVAILABLE."
              .formatted(image.name(), image.state());
    }
    return new RefusedException(RefusedException.Reason.NOT_FOUND, why);
  }

  /**
   * A layer of an image.
   *
   * @param intact whether its file still has the hash
   */
  private record LayerView(String id, long bytes, String sha256, boolean intact) {}

  private record LayersView(String image, List<LayerView> layers) {}

  private void layers(ServerRequest request, ServerResponse response)
      throws IOException, InterruptedException {
    RequestLog.operation("VerifyLayers");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    List<Layer> chain =
        database.read(handle ->
            Images.require(handle, caller.owner(), name)
                .disk()
                .map(ImageDisk::layer)
                .map(layer -> LayerRecords.chain(handle, layer))
                .orElseThrow(() ->
                    new RefusedException(
                        RefusedException.Reason.INCOMPATIBLE,
                        "The image %s has no disk yet.".formatted(name))));
    List<LayerView> read = new ArrayList<>();
    try (var _ = downloads.take(caller)) {
      for (Layer layer : chain) {
        read.add(new LayerView(layer.id(), layer.bytes(), layer.sha256(), isIntact(layer)));
      }
    }
    OwnAnswers.send(response, new LayersView(name, read));
  }

  private boolean isIntact(Layer layer) throws IOException, InterruptedException {
    try {
      return layers.verify(layer);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private record KeyView(String id, boolean current, Instant created, String pem) {}

  private record KeysView(List<KeyView> keys) {}

  private void keys(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListSigningKeys");
    var _ = Requests.admitted(requests.caller(request), false);
    OwnAnswers.send(
        response,
        new KeysView(
            keys.list().stream()
                .map(each ->
                    new KeyView(
                        each.publicKey().id(),
                        each.current(),
                        each.created(),
                        each.publicKey().pem()))
                .toList()));
  }
}
