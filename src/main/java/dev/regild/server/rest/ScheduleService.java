package dev.regild.server.rest;

import dev.regild.api.Caller;
import dev.regild.db.Database;
import dev.regild.image.Owner;
import dev.regild.policy.schedule.Decision;
import dev.regild.policy.schedule.Run;
import dev.regild.policy.schedule.Runs;
import dev.regild.policy.schedule.Schedule;
import dev.regild.policy.schedule.Schedules;
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

/** {@code /regild/v1/schedules}: when lines are updated by themselves, and why they were not. */
public record ScheduleService(Requests requests, Database database, Policies policies, Clock clock)
    implements HttpService {
  private static final int RUNS_SHOWN = 10;

  /**
   * A schedule.
   *
   * @param disabledBecause why Regild disabled it
   * @param next its next times
   * @param runs the last ones, the newest first; absent in lists
   */
  private record ScheduleView(
      String name,
      boolean enabled,
      Optional<String> disabledBecause,
      Map<String, Object> spec,
      List<Instant> next,
      Optional<List<RunView>> runs) {}

  private record RunView(
      Instant due,
      Instant began,
      Optional<Instant> ended,
      Optional<String> askedBy,
      Optional<String> note,
      List<DecisionView> lines) {
    private static RunView of(Run run) {
      return new RunView(
          run.due(),
          run.began(),
          run.ended(),
          present(run.askedBy()),
          present(run.note()),
          run.decisions().stream().map(DecisionView::of).toList());
    }
  }

  private record DecisionView(
      String line,
      String outcome,
      String reason,
      Optional<String> image,
      Optional<String> newImage,
      Optional<String> snapshot,
      int changes) {
    private static DecisionView of(Decision decision) {
      return new DecisionView(
          decision.line(),
          decision.outcome().name(),
          decision.reason(),
          present(decision.image()),
          present(decision.newImage()),
          present(decision.snapshot()),
          decision.changes());
    }
  }

  /** What a schedule would do at a time. */
  private record ForecastView(Instant time, List<DecisionView> lines) {}

  private static Optional<String> present(String text) {
    return Optional.of(text).filter(it -> !it.isEmpty());
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/regild/v1/schedules", this::list);
    rules.post("/regild/v1/schedules", this::add);
    rules.get("/regild/v1/schedules/{name}", this::show);
    rules.delete("/regild/v1/schedules/{name}", this::remove);
    rules.post("/regild/v1/schedules/{name}/enable", (req, res) -> enable(req, res, true));
    rules.post("/regild/v1/schedules/{name}/disable", (req, res) -> enable(req, res, false));
    rules.post("/regild/v1/schedules/{name}/run", this::run);
    rules.get("/regild/v1/schedules/{name}/forecast", this::forecast);
  }

  private void list(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ListSchedules");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    OwnAnswers.send(
        response,
        Map.of(
            "schedules",
            database.read(handle -> Schedules.list(handle, owner)).stream()
                .map(schedule -> view(schedule, Optional.empty()))
                .toList()));
  }

  private void add(ServerRequest request, ServerResponse response) {
    RequestLog.operation("AddSchedule");
    Requests.Received received = requests.received(request);
    PolicyBody body = PolicyBody.of(received.body());
    boolean dryRun = body.json().path("dryRun").asBoolean(false);
    Caller caller = Requests.admitted(received.caller(), !dryRun);
    String name = body.text("name");
    RequestLog.resources(request, List.of(name));
    Map<String, Object> spec =
        PolicyErrors.checked(() -> policies.schedules().canonical(name, body.json().path("spec")));
    if (dryRun) {
      Schedule draft =
          PolicyErrors.checked(() ->
              database.read(handle ->
                  policies.schedules().draft(handle, caller.owner(), name, spec, clock.instant())));
      sendForecast(response, draft);
      return;
    }
    Schedule added =
        PolicyErrors.checked(() ->
            database.inTransaction(handle -> {
              policies.schedules().add(handle, caller.owner(), name, spec, clock.instant());
              return Schedules.require(handle, caller.owner(), name);
            }));
    OwnAnswers.send(response, view(added, Optional.empty()));
  }

  private void show(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ShowSchedule");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    Schedule schedule = require(owner, request);
    List<Run> runs = database.read(handle -> Runs.last(handle, schedule, RUNS_SHOWN));
    OwnAnswers.send(response, view(schedule, Optional.of(runs.stream().map(RunView::of).toList())));
  }

  private void remove(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RemoveSchedule");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String name = request.path().pathParameters().get("name");
    RequestLog.resources(request, List.of(name));
    database.useTransaction(handle -> policies.schedules().remove(handle, caller.owner(), name));
    OwnAnswers.send(response, Map.of("name", name));
  }

  private void enable(ServerRequest request, ServerResponse response, boolean enabled) {
    RequestLog.operation(enabled ? "EnableSchedule" : "DisableSchedule");
    Caller caller = Requests.admitted(requests.caller(request), true);
    String name = request.path().pathParameters().get("name");
    RequestLog.resources(request, List.of(name));
    Schedule changed =
        database.inTransaction(handle -> {
          Schedules.enable(
              handle, Schedules.require(handle, caller.owner(), name), enabled, clock.instant());
          return Schedules.require(handle, caller.owner(), name);
        });
    OwnAnswers.send(response, view(changed, Optional.empty()));
  }

  private void run(ServerRequest request, ServerResponse response) {
    RequestLog.operation("RunSchedule");
    Caller caller = Requests.admitted(requests.caller(request), true);
    Schedule schedule = require(caller.owner(), request);
    RequestLog.resources(request, List.of(schedule.name()));
    OwnAnswers.send(
        response,
        Map.of(
            "lines",
            policies.scheduler().runNow(schedule, caller.signature()).stream()
                .map(DecisionView::of)
                .toList()));
  }

  private void forecast(ServerRequest request, ServerResponse response) {
    RequestLog.operation("ForecastSchedule");
    Owner owner = Requests.admitted(requests.caller(request), false).owner();
    sendForecast(response, require(owner, request));
  }

  private void sendForecast(ServerResponse response, Schedule schedule) {
    List<ForecastView> times =
        policies.scheduler().forecast(schedule).entrySet().stream()
            .map(each ->
                new ForecastView(
                    each.getKey(), each.getValue().stream().map(DecisionView::of).toList()))
            .toList();
    OwnAnswers.send(
        response, Map.of("name", schedule.name(), "enabled", schedule.enabled(), "times", times));
  }

  private Schedule require(Owner owner, ServerRequest request) {
    String name = request.path().pathParameters().get("name");
    return database.read(handle -> Schedules.require(handle, owner, name));
  }

  private ScheduleView view(Schedule schedule, Optional<List<RunView>> runs) {
    return new ScheduleView(
        schedule.name(),
        schedule.enabled(),
        present(schedule.disabledWhy()),
        schedule.spec().canonical(),
        policies.scheduler().next(schedule),
        runs);
  }
}
