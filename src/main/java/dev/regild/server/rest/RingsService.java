package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.Operators;
import dev.regild.channel.ring.Ring;
import dev.regild.channel.ring.Ring.Gates;
import dev.regild.channel.ring.RingMove;
import dev.regild.image.Owner;
import dev.regild.policy.ring.Promotion;
import dev.regild.policy.ring.PromotionPreview;
import dev.regild.policy.ring.PromotionPreviews;
import dev.regild.policy.ring.Promotions;
import dev.regild.policy.ring.Rings;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * {@code /regild/v1/rings}: the rings of channels. All accounts share the channels, so an operator
 * adds, promotes and removes rings. An account assigns its own lines.
 */
public record RingsService(
    Requests requests,
    Operators operators,
    Rings rings,
    Promotions promotions,
    PromotionPreviews previews)
    implements HttpService {
  private static final String RING = "/regild/v1/rings/{channel}/{ring}";
  private static final int LONGEST_REASON = 1000;

  /**
   * A ring.
   *
   * @param from the ring that it is promoted from; absent if it follows the repositories
   * @param snapshot what it stands on
   * @param since when it was promoted
   * @param lines the caller's lines that follow it
   * @param history every promotion and rollback, the newest first; in the answer about one ring
   */
  private record RingView(
      String channel,
      String ring,
      Optional<String> from,
      Optional<String> snapshot,
      Optional<Instant> since,
      int leastQualified,
      long leastDays,
      List<LineView> lines,
      Optional<List<MoveView>> history) {
    static RingView of(Rings.Details details, Owner viewer, Optional<List<MoveView>> history) {
      Ring ring = details.ring();
      return new RingView(
          ring.channel(),
          ring.name(),
          ring.source(),
          details.snapshot(),
          ring.standing().map(Ring.Standing::since),
          ring.gates().qualified(),
          ring.gates().age().toDays(),
          details.lines().stream()
              .filter(line -> line.accountId().equals(viewer.accountId()))
              .filter(line -> line.region().equals(viewer.region()))
              .map(line -> new LineView(line.name(), line.images()))
              .toList(),
          history);
    }
  }

  private record LineView(String line, int images) {}

  /**
   * A promotion or a rollback.
   *
   * @param by the operator's access key; other accounts only see that it was an operator
   */
  private record MoveView(
      int number,
      String act,
      Optional<String> from,
      Optional<String> before,
      Optional<String> snapshot,
      Instant moved,
      String by,
      String override) {
    static MoveView of(RingMove move, boolean forOperator) {
      return new MoveView(
          move.number(),
          move.act().name(),
          move.source(),
          move.from(),
          move.to(),
          move.moved(),
          forOperator ? move.by() : RingMove.AN_OPERATOR,
          move.override());
    }
  }

  /** A promotion that was made. */
  private record PromotionView(
      String channel,
      String ring,
      String from,
      Optional<String> before,
      String snapshot,
      Instant made,
      List<Promotion.Gate> gates) {
    static PromotionView of(Promotion promotion) {
      return new PromotionView(
          promotion.target().channel(),
          promotion.target().name(),
          promotion.source().name(),
          promotion.target().standing().map(Ring.Standing::snapshot),
          promotion.snapshot(),
          promotion.made(),
          promotion.gates());
    }
  }

  /** A promotion that could be made. */
  private record PreviewView(
      PromotionView promotion,
      boolean allowed,
      int images,
      int outdated,
      int outdatedAfter,
      List<PromotionPreview.Becoming> becoming,
      List<PromotionPreview.PackageStep> changes,
      List<String> cves,
      List<String> kernelCves,
      List<String> unknown) {
    static PreviewView of(PromotionPreview preview) {
      return new PreviewView(
          PromotionView.of(preview.promotion()),
          preview.promotion().isAllowed(),
          preview.images(),
          preview.outdated(),
          preview.outdatedAfter(),
          preview.becoming(),
          preview.changes(),
          preview.cves(),
          preview.kernelCves(),
          preview.unknown());
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/rings", this::list);
    rules.post("/regild/v1/rings", this::add);
    rules.get(RING, this::show);
    rules.post(RING, this::change);
    rules.delete(RING, this::remove);
    rules.get(RING + "/promotion", this::preview);
    rules.post(RING + "/promotion", this::promote);
    rules.post(RING + "/rollback", this::rollback);
    rules.post(RING + "/lines", this::assign);
    rules.delete(RING + "/lines/{line}", this::unassign);
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListRings");
    Caller caller = Requests.admitted(requests.caller(request), false);
    OwnAnswers.send(
        response,
        Map.of(
            "rings",
            rings.list().stream()
                .map(each -> RingView.of(each, caller.owner(), Optional.empty()))
                .toList()));
  }

  private void show(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowRing");
    Caller caller = Requests.admitted(requests.caller(request), false);
    OwnAnswers.send(response, shown(part(request, "channel"), part(request, "ring"), caller));
  }

  private RingView shown(String channel, String name, Caller caller) {
    Rings.Details details = rings.show(channel, name);
    boolean forOperator = operators.include(caller);
    return RingView.of(
        details,
        caller.owner(),
        Optional.of(details.moves().stream().map(move -> MoveView.of(move, forOperator)).toList()));
  }

  private void add(ServerRequest request, ServerResponse response) {
    RequestLog.operation("AddRing");
    Requests.Received received = requests.received(request);
    Caller caller = operator(received.caller());
    PolicyBody body = PolicyBody.of(received.body());
    String channel = body.text("channel");
    String name = body.text("ring");
    RequestLog.resources(request, List.of(channel, name));
    var _ =
        PolicyErrors.checked(
            () -> rings.add(channel, name, text(body, "from"), gates(body.json(), Gates.OPEN)));
    OwnAnswers.send(response, shown(channel, name, caller));
  }

  private void change(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ChangeRing");
    Requests.Received received = requests.received(request);
    Caller caller = operator(received.caller());
    PolicyBody body = PolicyBody.of(received.body());
    String channel = named(request, "channel");
    String name = part(request, "ring");
    var _ =
        PolicyErrors.checked(() ->
            rings.change(
                channel, name, text(body, "from"), present -> gates(body.json(), present)));
    OwnAnswers.send(response, shown(channel, name, caller));
  }

  private void remove(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RemoveRing");
    var _ = operator(requests.caller(request));
    String channel = named(request, "channel");
    String name = part(request, "ring");
    rings.remove(channel, name);
    OwnAnswers.send(response, Map.of("channel", channel, "ring", name));
  }

  private void preview(ServerRequest request, ServerResponse response) {
    RequestLog.operation("PreviewPromotion");
    // It names the images of all accounts.
    operators.require(Requests.admitted(requests.caller(request), false));
    String from =
        ListPart.text(request, "from")
            .orElseThrow(() ->
                new ApiException(
                    ErrorType.VALIDATION, "Name the ring to promote from: ?from=RING."));
    OwnAnswers.send(
        response,
        PreviewView.of(previews.of(part(request, "channel"), from, part(request, "ring"))));
  }

  private void promote(ServerRequest request, ServerResponse response) {
    RequestLog.operation("PromoteRing");
    Requests.Received received = requests.received(request);
    Caller caller = operator(received.caller());
    PolicyBody body = PolicyBody.of(received.body());
    String from = body.text("from");
    Optional<String> override = text(body, "override");
    if (override.filter(reason -> reason.length() > LONGEST_REASON).isPresent()) {
      throw new ApiException(
          ErrorType.VALIDATION,
          "The reason has more than %d characters. Shorten it.".formatted(LONGEST_REASON));
    }
    String channel = part(request, "channel");
    String ring = part(request, "ring");
    RequestLog.resources(request, List.of(channel, from, ring));
    Promotion made = promotions.promote(channel, from, ring, caller.signature(), override);
    // The audit log says which snapshot it was.
    RequestLog.resources(request, List.of(channel, from, ring, "snapshot " + made.snapshot()));
    OwnAnswers.send(response, PromotionView.of(made));
  }

  private void rollback(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RollBackRing");
    Caller caller = operator(requests.caller(request));
    String channel = named(request, "channel");
    String ring = part(request, "ring");
    String snapshot = promotions.rollback(channel, ring, caller.signature());
    RequestLog.resources(request, List.of(channel, ring, "snapshot " + snapshot));
    OwnAnswers.send(response, Map.of("channel", channel, "ring", ring, "snapshot", snapshot));
  }

  private void assign(ServerRequest request, ServerResponse response) {
    RequestLog.operation("AssignLineToRing");
    Requests.Received received = requests.received(request);
    Caller caller = Requests.admitted(received.caller(), true);
    String line = PolicyBody.of(received.body()).text("line");
    String channel = part(request, "channel");
    String ring = part(request, "ring");
    RequestLog.resources(request, List.of(channel, ring, line));
    var _ = rings.assign(channel, ring, caller.owner(), line);
    OwnAnswers.send(response, Map.of("channel", channel, "ring", ring, "line", line));
  }

  private void unassign(ServerRequest request, ServerResponse response) {
    RequestLog.operation("TakeLineOutOfRing");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String channel = part(request, "channel");
    String ring = part(request, "ring");
    String line = part(request, "line");
    RequestLog.resources(request, List.of(channel, ring, line));
    rings.unassign(channel, ring, caller.owner(), line);
    OwnAnswers.send(response, Map.of("channel", channel, "ring", ring, "line", line));
  }

  private Caller operator(Caller caller) {
    Caller admitted = Requests.admitted(caller, true);
    operators.require(admitted);
    return admitted;
  }

  private static String part(ServerRequest request, String name) {
    return request.path().pathParameters().get(name);
  }

  /** Names the ring to the audit log. */
  private static String named(ServerRequest request, String name) {
    RequestLog.resources(request, List.of(part(request, "channel"), part(request, "ring")));
    return part(request, name);
  }

  private static Optional<String> text(PolicyBody body, String member) {
    return Optional.of(body.json().path(member).asString("")).filter(text -> !text.isEmpty());
  }

  /** A gate that the body does not name stays as it is. */
  private static Gates gates(JsonNode body, Gates present) {
    return new Gates(
        body.has("leastQualified") ? number(body, "leastQualified") : present.qualified(),
        body.has("leastDays") ? Duration.ofDays(number(body, "leastDays")) : present.age());
  }

  private static int number(JsonNode body, String member) {
    JsonNode value = body.path(member);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new ApiException(
          ErrorType.VALIDATION, "%s is %s. It must be a whole number.".formatted(member, value));
    }
    return value.asInt();
  }
}
