package dev.regild.server.rest;

import dev.regild.api.Caller;
import dev.regild.db.Database;
import dev.regild.image.Flattening;
import dev.regild.job.node.Nodes;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import dev.regild.update.ImageFlattenings;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code POST /regild/v1/images/NAME/flatten}: has an image stand on one layer; {@code GET}: how
 * that stands, step by step.
 */
public record FlattenService(
    Requests requests, Database database, ImageFlattenings flattenings, Nodes nodes)
    implements HttpService {

  @Override
  public void routing(HttpRules rules) {
    rules.post("/regild/v1/images/{name}/flatten", this::flatten);
    rules.get("/regild/v1/images/{name}/flatten", this::show);
  }

  private void flatten(ServerRequest request, ServerResponse response) {
    RequestLog.operation("FlattenImage");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String name = request.path().pathParameters().get("name");
    RequestLog.resources(request, List.of(name));
    Optional<Flattening> accepted = flattenings.flatten(caller.owner(), name);
    OwnAnswers.send(
        response,
        Map.of(
            "image",
            name,
            "layers",
            accepted.map(Flattening::depth).orElse(1),
            "state",
            accepted.map(Flattening::state).orElse(Flattening.State.FLATTENED)));
  }

  private void show(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowFlattening");
    Caller caller = Requests.admitted(requests.caller(request), false);
    String name = request.path().pathParameters().get("name");
    OwnAnswers.send(
        response,
        database.read(handle ->
            JobView.of(handle, nodes, flattenings.require(handle, caller.owner(), name))));
  }
}
