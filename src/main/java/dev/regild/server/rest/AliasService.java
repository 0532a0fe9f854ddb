package dev.regild.server.rest;

import dev.regild.api.Caller;
import dev.regild.db.Database;
import dev.regild.image.Images;
import dev.regild.image.Owner;
import dev.regild.policy.line.Alias;
import dev.regild.policy.line.AliasMove;
import dev.regild.policy.line.AliasName;
import dev.regild.policy.line.Aliases;
import dev.regild.policy.line.Line;
import dev.regild.policy.line.Lines;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code /regild/v1/aliases} and {@code /regild/v1/lines}. */
public record AliasService(Requests requests, Database database, Clock clock)
    implements HttpService {

  private record AliasView(String alias, String image, Instant moved) {
    private static AliasView of(Alias alias) {
      return new AliasView(alias.name().toString(), alias.image(), alias.moved());
    }
  }

  private record MoveView(
      int number, String act, Optional<String> image, Instant moved, String by) {
    private static MoveView of(AliasMove move) {
      return new MoveView(
          move.number(), move.act().name(), move.imageName(), move.moved(), move.by());
    }
  }

  private record MemberView(String image, String state, Instant created, List<String> aliases) {}

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/aliases", this::list);
    rules.post("/regild/v1/aliases", this::set);
    rules.get("/regild/v1/aliases/{line}/{name}", this::history);
    rules.delete("/regild/v1/aliases/{line}/{name}", this::remove);
    rules.post("/regild/v1/aliases/{line}/{name}/rollback", this::rollback);
    rules.get("/regild/v1/lines", this::lines);
    rules.get("/regild/v1/lines/{line}", this::line);
    rules.post("/regild/v1/lines/{line}", this::add);
    rules.delete("/regild/v1/lines/{line}/{image}", this::takeOut);
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListAliases");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    OwnAnswers.send(
        response,
        Map.of(
            "aliases",
            database.read(handle -> Aliases.list(handle, owner)).stream()
                .map(AliasView::of)
                .toList()));
  }

  private void set(ServerRequest request, ServerResponse response) {
    RequestLog.operation("SetAlias");
    Requests.Received received = requests.received(request);
    Caller caller = Requests.admitted(received.caller(), true);
    PolicyBody body = PolicyBody.of(received.body());
    String alias = body.text("alias");
    String image = body.text("image");
    RequestLog.resources(request, List.of(alias, image));
    AliasName name = PolicyErrors.checked(() -> AliasName.parse(alias));
    Alias moved =
        PolicyErrors.checked(() ->
            database.inTransaction(handle ->
                Aliases.set(
                    handle, caller.owner(), name, image, caller.signature(), clock.instant())));
    OwnAnswers.send(response, AliasView.of(moved));
  }

  private void history(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowAlias");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    AliasName name = name(request);
    OwnAnswers.send(
        response,
        Map.of(
            "alias",
            name.toString(),
            "moves",
            database.read(handle -> Aliases.history(handle, owner, name)).stream()
                .map(MoveView::of)
                .toList()));
  }

  private void remove(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RemoveAlias");
    Caller caller = Requests.admitted(requests.caller(request), true);
    AliasName name = name(request);
    RequestLog.resources(request, List.of(name.toString()));
    database.useTransaction(handle ->
        Aliases.remove(handle, caller.owner(), name, caller.signature(), clock.instant()));
    OwnAnswers.send(response, Map.of("alias", name.toString()));
  }

  private void rollback(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RollBackAlias");
    Caller caller = Requests.admitted(requests.caller(request), true);
    AliasName name = name(request);
    RequestLog.resources(request, List.of(name.toString()));
    Alias moved =
        database.inTransaction(handle ->
            Aliases.rollback(handle, caller.owner(), name, caller.signature(), clock.instant()));
    OwnAnswers.send(response, AliasView.of(moved));
  }

  private static AliasName name(ServerRequest request) {
    String line = request.path().pathParameters().get("line");
    String name = request.path().pathParameters().get("name");
    return PolicyErrors.checked(() -> AliasName.parse(line + "/" + name));
  }

  private void lines(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListLines");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    OwnAnswers.send(
        response,
        Map.of(
            "lines",
            database.read(handle -> Lines.list(handle, owner)).stream().map(Line::name).toList()));
  }

  private void line(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowLine");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    String name = request.path().pathParameters().get("line");
    List<MemberView> images =
        database.read(handle -> {
          Line line = Lines.require(handle, owner, name);
          List<Alias> aliases = Aliases.list(handle, owner);
          return Lines.members(handle, line).stream()
              .map(member ->
                  new MemberView(
                      member.name(),
                      member.state().name(),
                      member.created(),
                      aliases.stream()
                          .filter(alias -> alias.name().line().equals(name))
                          .filter(alias -> alias.image().equals(member.name()))
                          .map(alias -> alias.name().toString())
                          .toList()))
              .toList();
        });
    OwnAnswers.send(response, Map.of("line", name, "images", images));
  }

  private void add(ServerRequest request, ServerResponse response) {
    RequestLog.operation("AddToLine");
    Requests.Received received = requests.received(request);
    Caller caller = Requests.admitted(received.caller(), true);
    String line = request.path().pathParameters().get("line");
    String image = PolicyBody.of(received.body()).text("image");
    RequestLog.resources(request, List.of(line, image));
    PolicyErrors.checked(() ->
        database.inTransaction(handle ->
            Lines.add(
                handle,
                caller.owner(),
                AliasName.requireLine(line),
                Images.requireOwned(handle, caller.owner(), image),
                clock.instant())));
    OwnAnswers.send(response, Map.of("line", line, "image", image));
  }

  private void takeOut(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RemoveFromLine");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String line = request.path().pathParameters().get("line");
    String image = request.path().pathParameters().get("image");
    RequestLog.resources(request, List.of(line, image));
    database.useTransaction(handle ->
        Lines.remove(
            handle,
            Lines.require(handle, caller.owner(), line),
            Images.requireOwned(handle, caller.owner(), image)));
    OwnAnswers.send(response, Map.of("line", line, "image", image));
  }
}
