package dev.regild.server.rest;

import dev.regild.api.ApiException;
import dev.regild.api.Caller;
import dev.regild.api.ErrorType;
import dev.regild.api.PageTokens;
import dev.regild.image.Bin;
import dev.regild.image.Image;
import dev.regild.image.Owner;
import dev.regild.policy.retention.RetentionPlan;
import dev.regild.policy.retention.RetentionPlan.Act;
import dev.regild.policy.retention.RetentionPlan.Kind;
import dev.regild.policy.retention.RetentionPolicy;
import dev.regild.policy.retention.RetentionRule;
import dev.regild.policy.retention.Retentions;
import dev.regild.server.http.OwnAnswers;
import dev.regild.server.http.Requests;
import dev.regild.server.telemetry.RequestLog;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** {@code /regild/v1/retention}: which images of the caller's lines are deleted, and when. */
public record RetentionService(Requests requests, Retentions retentions, PageTokens tokens)
    implements HttpService {
  private static final String ALL = "/regild/v1/retention";

  /** A policy; times in days. */
  private record PolicyView(
      String line,
      int keep,
      long days,
      long deprecateDays,
      long undoDays,
      boolean enabled,
      Instant changed,
      Optional<Instant> lastRun) {
    static PolicyView of(RetentionPolicy policy) {
      return new PolicyView(
          policy.line().name(),
          policy.rule().keepImages(),
          policy.rule().keepAge().toDays(),
          policy.rule().deprecated().toDays(),
          policy.rule().undo().toDays(),
          policy.enabled(),
          policy.changed(),
          policy.lastRun());
    }
  }

  private record ActView(String line, Kind act, String image, String why) {}

  private record KeptView(String line, String image, String by) {}

  /**
   * What is due, or was done.
   *
   * @param plan names all acts together
   * @param bytes that become free when the deletions can't be undone any more
   * @param kept images that are only kept because something holds them; on the first page
   * @param left acts that were not carried out, with the reason
   */
  private record PlanView(
      String plan,
      long deprecated,
      long undeprecated,
      long deleted,
      long bytes,
      List<ActView> acts,
      Optional<List<KeptView>> kept,
      Optional<List<RetentionPlan.Kept>> left,
      Optional<String> next) {}

  private record DeletedView(String image, String line, Instant deleted, Instant restorableUntil) {
    static DeletedView of(Bin.Binned binned) {
      return new DeletedView(binned.name(), binned.line(), binned.deleted(), binned.ends());
    }
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get(ALL, this::list);
    rules.get(ALL + "/due", this::preview);
    rules.post(ALL + "/run", this::run);
    rules.get(ALL + "/deleted", this::deleted);
    rules.post(ALL + "/deleted/{image}/restore", this::restore);
    rules.post(ALL + "/lines/{line}", this::set);
    rules.delete(ALL + "/lines/{line}", this::remove);
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListRetention");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    OwnAnswers.send(
        response, Map.of("policies", retentions.list(owner).stream().map(PolicyView::of).toList()));
  }

  private void set(ServerRequest request, ServerResponse response) {
    RequestLog.operation("SetRetention");
    Requests.Received received = requests.received(request);
    Caller caller = Requests.admitted(received.caller(), true);
    String line = request.path().pathParameters().get("line");
    RequestLog.resources(request, List.of(line));
    JsonNode body = PolicyBody.of(received.body()).json();
    RetentionPolicy policy =
        PolicyErrors.checked(() ->
            retentions.set(caller.owner(), line, rule(body), body.path("enabled").asBoolean(true)));
    OwnAnswers.send(response, PolicyView.of(policy));
  }

  private static RetentionRule rule(JsonNode body) {
    return new RetentionRule(
        number(body, "keep", 0),
        Duration.ofDays(number(body, "days", 0)),
        Duration.ofDays(number(body, "deprecateDays", 0)),
        Duration.ofDays(number(body, "undoDays", (int) RetentionRule.USUAL_UNDO.toDays())));
  }

  private static int number(JsonNode body, String member, int absent) {
    JsonNode value = body.path(member);
    if (value.isMissingNode()) {
      return absent;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new ApiException(
          ErrorType.VALIDATION, "%s is %s. It must be a whole number.".formatted(member, value));
    }
    return value.asInt();
  }

  private void remove(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RemoveRetention");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String line = request.path().pathParameters().get("line");
    RequestLog.resources(request, List.of(line));
    retentions.remove(caller.owner(), line);
    OwnAnswers.send(response, Map.of("line", line));
  }

  private void preview(ServerRequest request, ServerResponse response) {
    RequestLog.operation("PreviewRetention");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    Optional<String> line = ListPart.text(request, "line");
    Retentions.Preview preview = retentions.preview(owner, line);
    ListPart part =
        ListPart.of(request, tokens, List.of(owner.toString(), line.orElse(""), preview.id()));
    OwnAnswers.send(response, view(preview, preview.plans(), part, Optional.empty()));
  }

  private void run(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RunRetention");
    Requests.Received received = requests.received(request);
    Caller caller = Requests.admitted(received.caller(), true);
    JsonNode body = PolicyBody.of(received.body()).json();
    Optional<String> line = text(body, "line");
    RequestLog.resources(request, line.map(List::of).orElse(List.of("all lines")));
    Retentions.Outcome outcome =
        retentions.run(caller.owner(), line, text(body, "plan"), caller.signature());
    ListPart part = ListPart.of(request, tokens, List.of());
    OwnAnswers.send(
        response, view(outcome.preview(), outcome.done(), part, Optional.of(outcome.left())));
  }

  private static Optional<String> text(JsonNode body, String member) {
    return Optional.of(body.path(member).asString("")).filter(text -> !text.isEmpty());
  }

  private static PlanView view(
      Retentions.Preview preview,
      List<RetentionPlan> plans,
      ListPart part,
      Optional<List<RetentionPlan.Kept>> left) {
    List<ActView> acts = new ArrayList<>();
    List<KeptView> kept = new ArrayList<>();
    for (RetentionPlan plan : plans) {
      String line = plan.line().name();
      for (Act act : plan.acts()) {
        acts.add(new ActView(line, act.kind(), act.image(), act.why()));
      }
      plan.kept().forEach(each -> kept.add(new KeptView(line, each.image(), each.by())));
    }
    ListPart.Items<ActView> items = part.of(acts, ActView::image);
    return new PlanView(
        preview.id(),
        count(acts, Kind.DEPRECATE),
        count(acts, Kind.UNDEPRECATE),
        count(acts, Kind.DELETE),
        preview.bytes(),
        items.items(),
        part.isFirst() ? Optional.of(kept) : Optional.empty(),
        left,
        items.next());
  }

  private static long count(List<ActView> acts, Kind kind) {
    return acts.stream().filter(act -> act.act() == kind).count();
  }

  private void deleted(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListDeletedImages");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    OwnAnswers.send(
        response,
        Map.of("images", retentions.deleted(owner).stream().map(DeletedView::of).toList()));
  }

  private void restore(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RestoreImage");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String name = request.path().pathParameters().get("image");
    RequestLog.resources(request, List.of(name));
    Image image = retentions.undo(caller.owner(), name);
    OwnAnswers.send(response, Map.of("image", image.name(), "state", image.state()));
  }
}
