package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.Operators;
import dev.regild.job.node.Ability;
import dev.regild.job.node.Node;
import dev.regild.job.node.Nodes;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code GET /regild/v1/nodes}: the nodes that share the database. {@code POST
 * /regild/v1/nodes/NAME/drain} and {@code resume}: has one take no new jobs, or take them again.
 */
public record NodesService(Requests requests, Nodes nodes, Operators operators)
    implements HttpService {

  /**
   * A node as this endpoint shows it.
   *
   * @param state RUNNING, STOPPED or DEAD
   * @param abilities what jobs it can run
   */
  private record NodeView(
      String name,
      String host,
      String version,
      String role,
      String state,
      boolean draining,
      Instant since,
      Instant heartbeat,
      int workers,
      int jobs,
      List<String> abilities,
      String accelerator,
      String isolation,
      long freeBytes,
      Optional<String> store) {
    static NodeView of(Node node) {
      return new NodeView(
          node.name(),
          node.host(),
          node.version(),
          node.role(),
          node.state().name(),
          node.draining(),
          node.since(),
          node.heartbeat(),
          node.workers(),
          node.jobs(),
          Ability.of(node.abilities()).stream().map(Ability::shown).toList(),
          node.accelerator(),
          node.isolation(),
          node.freeBytes(),
          node.store());
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/nodes", this::list);
    rules.post(
        "/regild/v1/nodes/{name}/drain", (request, response) -> set(request, response, true));
    rules.post(
        "/regild/v1/nodes/{name}/resume", (request, response) -> set(request, response, false));
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListNodes");
    operator(request, false);
    OwnAnswers.send(response, Map.of("nodes", nodes.list().stream().map(NodeView::of).toList()));
  }

  private void set(ServerRequest request, ServerResponse response, boolean draining) {
    RequestLog.operation(draining ? "DrainNode" : "ResumeNode");
    operator(request, true);
    String name = request.path().pathParameters().get("name");
    RequestLog.resources(request, List.of(name));
    if (!nodes.setDraining(name, draining)) {
      throw new ApiException(
          ErrorType.RESOURCE_NOT_FOUND,
          "There is no node '%s'. List the nodes: regild nodes.".formatted(name));
    }
    OwnAnswers.send(response, Map.of("name", name, "draining", draining));
  }

  private void operator(ServerRequest request, boolean changes) {
    Caller caller = Requests.admitted(requests.caller(request), changes);
    operators.require(caller);
  }
}
