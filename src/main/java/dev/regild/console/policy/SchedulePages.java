package dev.regild.console.policy;

import dev.regild.api.ApiException;
import dev.regild.console.Console;
import dev.regild.console.Notices;
import dev.regild.console.Visit;
import dev.regild.console.policy.view.Decisions;
import dev.regild.console.policy.view.ForecastPage;
import dev.regild.console.policy.view.Paths;
import dev.regild.console.policy.view.ScheduleFormPage;
import dev.regild.console.policy.view.SchedulePage;
import dev.regild.console.policy.view.SchedulesPage;
import dev.regild.console.view.Commands;
import dev.regild.console.view.Frame.Section;
import dev.regild.console.view.Words;
import dev.regild.image.Owner;
import dev.regild.policy.SpecReader;
import dev.regild.policy.line.Lines;
import dev.regild.policy.schedule.Run;
import dev.regild.policy.schedule.Runs;
import dev.regild.policy.schedule.Schedule;
import dev.regild.policy.schedule.ScheduleSpec;
import dev.regild.policy.schedule.Schedules;
import gg.jte.generated.precompiled.policy.JteforecastGenerated;
import gg.jte.generated.precompiled.policy.JtescheduleGenerated;
import gg.jte.generated.precompiled.policy.JtescheduleformGenerated;
import gg.jte.generated.precompiled.policy.JteschedulesGenerated;
import io.helidon.http.HeaderNames;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * {@code /console/schedules}: when lines are updated by themselves, what that would be now and at
 * the next times, and why they were not.
 */
final class SchedulePages implements Console.Pages {
  private static final String ONE = "/console/schedules/{name}";
  private static final int ROWS = 50;
  private static final int RUNS = 10;
  private static final int LINES = 100;

  private final PolicyServices services;

  SchedulePages(PolicyServices services) {
    this.services = services;
  }

  @Override
  public void routes(Console.Routes routes) {
    routes
        .show("/console/schedules", "ConsoleListSchedules", this::list)
        .show("/console/new-schedule", "ConsoleAskSchedule", this::ask)
        .act("/console/new-schedule", "AddSchedule", visit -> save(visit, ""))
        .act("/console/new-schedule/check", "ConsoleCheckSchedule", visit -> check(visit, ""))
        .act("/console/new-schedule/preview", "ForecastSchedule", visit -> preview(visit, ""))
        .show(ONE, "ConsoleShowSchedule", this::show)
        .show(ONE + "/forecast", "ForecastSchedule", this::forecast)
        .show(ONE + "/change", "ConsoleAskSchedule", this::askToChange)
        .act(ONE + "/change", "ApplyPolicies", visit -> save(visit, visit.path("name")))
        .act(
            ONE + "/change/check",
            "ConsoleCheckSchedule",
            visit -> check(visit, visit.path("name")))
        .act(
            ONE + "/change/preview",
            "ForecastSchedule",
            visit -> preview(visit, visit.path("name")))
        .act(ONE + "/enable", "EnableSchedule", visit -> enable(visit, true))
        .act(ONE + "/disable", "DisableSchedule", visit -> enable(visit, false))
        .act(ONE + "/run", "RunSchedule", this::run)
        .act(ONE + "/remove", "RemoveSchedule", this::remove);
  }

  private void list(Visit visit) {
    Owner owner = visit.caller().owner();
    String after = visit.query("after");
    List<Schedule> found =
        services.database().read(handle -> Schedules.list(handle, owner)).stream()
            .filter(each -> each.name().compareTo(after) > 0)
            .limit(ROWS + 1L)
            .toList();
    SchedulesPage page =
        new SchedulesPage(
            found.stream().limit(ROWS).map(this::row).toList(),
            after.isEmpty(),
            found.size() > ROWS
                ? "/console/schedules?after=" + Words.encoded(found.get(ROWS - 1).name())
                : "",
            services.clock().instant());
    visit.show(
        Section.POLICIES,
        "Schedules",
        (out, frame) -> JteschedulesGenerated.render(out, null, frame, page));
  }

  private SchedulesPage.Row row(Schedule schedule) {
    ScheduleSpec spec = schedule.spec();
    return new SchedulesPage.Row(
        schedule.name(),
        schedule.enabled(),
        schedule.disabledWhy(),
        spec.lines(),
        spec.cron() + " " + spec.zone(),
        ScheduleForm.words(spec.when()),
        services.scheduler().next(schedule).stream().findFirst());
  }

  private Schedule require(Visit visit) {
    Owner owner = visit.caller().owner();
    String name = visit.path("name");
    return Attempt.checked(
        () -> services.database().read(handle -> Schedules.require(handle, owner, name)));
  }

  private void show(Visit visit) {
    Schedule schedule = require(visit);
    List<Run> runs = services.database().read(handle -> Runs.last(handle, schedule, RUNS));
    SchedulePage page =
        new SchedulePage(
            schedule.name(),
            schedule.enabled(),
            schedule.disabledWhy(),
            facts(schedule),
            services.scheduler().next(schedule),
            runs.stream()
                .map(run ->
                    new SchedulePage.Run(
                        run.due(),
                        run.ended(),
                        run.askedBy(),
                        run.note(),
                        Decisions.made(run.decisions())))
                .toList(),
            commands(visit, schedule),
            services.clock().instant());
    visit.show(
        Section.POLICIES,
        "Schedule " + schedule.name(),
        (out, frame) -> JtescheduleGenerated.render(out, null, frame, page));
  }

  private static Map<String, String> facts(Schedule schedule) {
    ScheduleSpec spec = schedule.spec();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Lines", String.join(", ", spec.lines()));
    facts.put("Times", "%s (%s)".formatted(spec.cron(), spec.zone()));
    facts.put(
        "Updates may begin",
        spec.window().map(it -> "within " + SpecReader.text(it) + " of a time").orElse("any time"));
    facts.put("Updates if", ScheduleForm.words(spec.when()));
    spec.cooldown()
        .ifPresent(it ->
            facts.put(
                "Cooldown",
                "versions count after %s, security fixes at once".formatted(SpecReader.text(it))));
    facts.put("At a time", Words.count(spec.atMost(), "update"));
    facts.put(
        "Canary",
        spec.canary() == 0
            ? "none"
            : "the first %d must qualify before the others begin".formatted(spec.canary()));
    facts.put(
        "Disables itself",
        "after %s in a row".formatted(Words.count(spec.disableAfter(), "failure")));
    facts.put("Failures in a row", Words.number(schedule.failures()));
    facts.put("Names of new images", spec.pattern().text());
    facts.put("Alias that moves", spec.alias().orElse("none"));
    return facts;
  }

  private static Commands commands(Visit visit, Schedule schedule) {
    String name = Commands.quoted(schedule.name());
    return Attempt.commands(
        visit,
        "regild schedule show " + name,
        "regild schedule run " + name + " --dry-run",
        "regild schedule run " + name,
        "regild schedule " + (schedule.enabled() ? "disable " : "enable ") + name,
        "regild schedule remove " + name);
  }

  private void forecast(Visit visit) throws InterruptedException {
    Schedule schedule = require(visit);
    services
        .guard()
        .inTurn(
            visit.caller(),
            () -> forecast(schedule),
            page ->
                visit.show(
                    Section.POLICIES,
                    "What " + schedule.name() + " would do",
                    (out, frame) -> JteforecastGenerated.render(out, null, frame, page)));
  }

  private ForecastPage forecast(Schedule schedule) {
    return Attempt.checked(() ->
        new ForecastPage(
            schedule.name(),
            schedule.enabled(),
            services.scheduler().forecast(schedule).entrySet().stream()
                .map(
                    each -> new ForecastPage.At(each.getKey(), Decisions.forecast(each.getValue())))
                .toList(),
            services.clock().instant()));
  }

  private void ask(Visit visit) {
    Map<String, String> usual = new LinkedHashMap<>();
    usual.put("lines", visit.query("line"));
    usual.put("cron", "0 2 * * *");
    usual.put("zone", "UTC");
    usual.put("window", "3h");
    ScheduleForm form = new ScheduleForm(usual);
    show(visit, "", form, Optional.empty(), Optional.empty());
  }

  private void askToChange(Visit visit) {
    Schedule schedule = require(visit);
    show(
        visit,
        schedule.name(),
        ScheduleForm.of(schedule.name(), schedule.spec()),
        Optional.empty(),
        Optional.empty());
  }

  /** What was typed; the name of a schedule that exists stays. */
  private static ScheduleForm typed(Visit visit, String existing) {
    ScheduleForm form = ScheduleForm.of(visit.form());
    if (existing.isEmpty()) {
      return form;
    }
    Map<String, String> typed = new LinkedHashMap<>(form.typed());
    typed.put("name", existing);
    return new ScheduleForm(typed);
  }

  /** While one types, and changes nothing. */
  private void check(Visit visit, String existing) {
    ScheduleForm form = typed(visit, existing);
    Optional<ApiException> error =
        Attempt.error(() -> {
          var _ = draft(visit, existing, form);
        });
    show(visit, existing, form, error, Optional.empty());
  }

  private void preview(Visit visit, String existing) throws InterruptedException {
    ScheduleForm form = typed(visit, existing);
    Schedule draft;
    try {
      draft = Attempt.checked(() -> draft(visit, existing, form));
    } catch (ApiException e) {
      services.guard().refused(visit.response(), e);
      show(visit, existing, form, Optional.of(e), Optional.empty());
      return;
    }
    services
        .guard()
        .inTurn(
            visit.caller(),
            () -> forecast(draft),
            page -> show(visit, existing, form, Optional.empty(), Optional.of(page)));
  }

  private Schedule draft(Visit visit, String existing, ScheduleForm form) {
    Owner owner = visit.caller().owner();
    Map<String, Object> spec = services.schedules().canonical(form.name(), form.spec());
    Instant now = services.clock().instant();
    return services
        .database()
        .read(handle -> {
          if (existing.isEmpty()) {
            services.schedules().requireFree(handle, owner, form.name());
          }
          return services.schedules().draft(handle, owner, form.name(), spec, now);
        });
  }

  private void save(Visit visit, String existing) {
    visit.requireChanges();
    ScheduleForm form = typed(visit, existing);
    Owner owner = visit.caller().owner();
    services.guard().resources(visit.request(), List.of(form.name()));
    Optional<ApiException> error =
        Attempt.refused(
            services,
            visit,
            () -> {
              Map<String, Object> spec = services.schedules().canonical(form.name(), form.spec());
              Instant now = services.clock().instant();
              services
                  .database()
                  .useTransaction(handle -> {
                    if (existing.isEmpty()) {
                      services.schedules().add(handle, owner, form.name(), spec, now);
                    } else {
                      var _ = Schedules.require(handle, owner, existing);
                      services.schedules().change(handle, owner, existing, spec, now);
                    }
                  });
            });
    if (error.isPresent()) {
      show(visit, existing, form, error, Optional.empty());
    } else {
      visit.redirect(Paths.schedule(form.name(), ""), Notices.SCHEDULE_SAVED);
    }
  }

  private void show(
      Visit visit,
      String existing,
      ScheduleForm form,
      Optional<ApiException> error,
      Optional<ForecastPage> forecast) {
    Owner owner = visit.caller().owner();
    List<String> lines =
        services.database().read(handle -> Lines.page(handle, owner, "", LINES)).stream()
            .map(each -> each.line().name())
            .toList();
    ScheduleFormPage page =
        new ScheduleFormPage(
            existing,
            error.map(form::with).orElseGet(form::fields),
            lines,
            List.copyOf(zones()),
            forecast,
            Attempt.commands(visit, existing.isEmpty() ? form.adding() : form.changing()));
    String title = existing.isEmpty() ? "Add a schedule" : "Change the schedule " + existing;
    Visit.Template template =
        (out, frame) -> JtescheduleformGenerated.render(out, null, frame, page);
    if (error.isPresent() && !isPart(visit)) {
      visit.showRefused(error.get(), Section.POLICIES, title, template);
    } else {
      visit.show(Section.POLICIES, title, template);
    }
  }

  /** The zones that are named after a place, and UTC. */
  private static Set<String> zones() {
    Set<String> zones = new TreeSet<>(ZoneId.getAvailableZoneIds());
    zones.removeIf(
        zone -> !zone.matches("(Africa|America|Asia|Atlantic|Australia|Europe|Pacific)/.+"));
    zones.add("UTC");
    return zones;
  }

  /** Whether htmx asks, which takes no part of an answer that is an error. */
  private static boolean isPart(Visit visit) {
    return visit.request().headers().contains(HeaderNames.create("HX-Request"));
  }

  private void enable(Visit visit, boolean enabled) {
    visit.requireChanges();
    Owner owner = visit.caller().owner();
    String name = visit.path("name");
    services.guard().resources(visit.request(), List.of(name));
    Attempt.run(() ->
        services
            .database()
            .useTransaction(handle ->
                Schedules.enable(
                    handle,
                    Schedules.require(handle, owner, name),
                    enabled,
                    services.clock().instant())));
    visit.redirect(Paths.schedule(name, ""), Notices.SCHEDULE_CHANGED);
  }

  private void run(Visit visit) {
    visit.requireChanges();
    Schedule schedule = require(visit);
    services.guard().resources(visit.request(), List.of(schedule.name()));
    var _ =
        Attempt.checked(() -> services.scheduler().runNow(schedule, visit.caller().signature()));
    visit.redirect(Paths.schedule(schedule.name(), ""), Notices.SCHEDULE_RAN);
  }

  private void remove(Visit visit) {
    visit.requireChanges();
    Owner owner = visit.caller().owner();
    String name = visit.path("name");
    services.guard().resources(visit.request(), List.of(name));
    Attempt.run(() ->
        services
            .database()
            .useTransaction(handle -> services.schedules().remove(handle, owner, name)));
    visit.redirect("/console/schedules", Notices.SCHEDULE_REMOVED);
  }
}
