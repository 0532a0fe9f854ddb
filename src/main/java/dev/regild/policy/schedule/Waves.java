package dev.regild.policy.schedule;

import dev.regild.account.Suspensions;
import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.event.Event;
import dev.regild.event.EventType;
import dev.regild.event.Events;
import dev.regild.image.Image;
import dev.regild.image.Images;
import dev.regild.image.RefusedException;
import dev.regild.image.StateChangeReason;
import dev.regild.plan.UpdateOptions;
import dev.regild.policy.Audit;
import dev.regild.policy.line.AliasName;
import dev.regild.policy.line.Aliases;
import dev.regild.policy.line.Lines;
import dev.regild.policy.schedule.Decision.Outcome;
import dev.regild.update.UpdateAnswer;
import dev.regild.update.UpdateRequest;
import dev.regild.update.Updates;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries on the runs of schedules: begins their updates, so many at a time, canaries first. */
final class Waves {
  private static final Logger LOG = LoggerFactory.getLogger(Waves.class);

  private final Database database;
  private final Updates updates;
  private final Audit audit;
  private final Clock clock;

  Waves(Database database, Updates updates, Audit audit, Clock clock) {
    this.database = database;
    this.updates = updates;
    this.audit = audit;
    this.clock = clock;
  }

  /** Carries on each run that goes on. */
  void carryOn() {
    for (Runs.Open open : database.read(Runs::open)) {
      try {
        carryOn(open);
      } catch (DatabaseUnavailableException e) {
        throw e;
      } catch (RuntimeException e) {
        Scheduler.requireUninterrupted();
        LOG.atWarn()
            .addKeyValue("schedule", open.scheduleId())
            .addKeyValue("reason", e.toString())
            .log("a run of a schedule could not be carried on");
      }
    }
    database.useTransaction(handle -> Runs.forget(handle, clock.instant()));
  }

  private void carryOn(Runs.Open open) {
    Schedule schedule =
        database.read(handle -> Schedules.findById(handle, open.scheduleId()).orElseThrow());
    database.read(handle -> Runs.decisions(handle, open.scheduleId(), open.due())).stream()
        .filter(each -> each.outcome() == Outcome.UPDATING)
        .forEach(each -> finish(open, each));
    stop(open);
    beginSome(schedule, open);
    database.useTransaction(handle -> {
      List<Decision> all = Runs.decisions(handle, open.scheduleId(), open.due());
      if (all.stream().allMatch(each -> each.outcome().isFinal())) {
        Runs.end(handle, open.scheduleId(), open.due(), clock.instant());
      }
    });
  }

  /** Something that was done because of an update's end, for the audit. */
  private record Act(Schedule schedule, String operation, List<String> resources, String outcome) {}

  /** Audits what a transaction has done, once it is sure to have done it. */
  private void audited(HandleCallback<List<Act>, RuntimeException> work) {
    for (Act act : database.inTransaction(work)) {
      audit.act(
          act.schedule().owner(),
          act.schedule().signature(),
          act.operation(),
          act.resources(),
          act.outcome());
    }
  }

  /** Records what became of an update that has ended. */
  private void finish(Runs.Open open, Decision decision) {
    audited(handle -> {
      Schedule schedule = Schedules.findById(handle, open.scheduleId()).orElseThrow();
      Instant now = clock.instant();
      Optional<Image> image =
          decision.newImageId().isEmpty()
              ? Images.find(handle, schedule.owner(), decision.newImage())
                  .filter(found -> isUpdateOf(found, decision.image()))
              : Images.findById(handle, decision.newImageId());
      if (image.isEmpty()) {
        if (!decision.newImageId().isEmpty()) {
          return fail(handle, schedule, open, decision, "The image was deleted.", now);
        }
        // The process ended between the choice of the name and the update's acceptance.
        write(handle, open, decision.named("", "").to(Outcome.WAITING, decision.reason(), now));
        return List.of();
      }
      return switch (image.get().state()) {
        case AVAILABLE -> succeed(handle, schedule, open, decision, image.get(), now);
        case FAILED, DELETING ->
            fail(
                handle,
                schedule,
                open,
                decision,
                image
                    .get()
                    .status()
                    .reason()
                    .map(StateChangeReason::message)
                    .orElse("The image was deleted."),
                now);
        case PENDING, VALIDATING, CREATING, COPYING, IMPORTING -> List.of();
      };
    });
  }

  private static boolean isUpdateOf(Image image, String existing) {
    return image.origin().predecessor().filter(it -> it.name().equals(existing)).isPresent();
  }

  private static List<Act> succeed(
      Handle handle,
      Schedule schedule,
      Runs.Open open,
      Decision decision,
      Image image,
      Instant now) {
    boolean isCanary =
        canaries(schedule, Runs.decisions(handle, open.scheduleId(), open.due())).stream()
            .anyMatch(canary -> canary.line().equals(decision.line()));
    if (isCanary && image.qualification().isEmpty()) {
      return fail(handle, schedule, open, decision, "The image was not qualified.", now);
    }
    write(handle, open, decision.to(Outcome.SUCCEEDED, decision.reason(), now));
    Schedules.setFailures(handle, schedule, 0);
    return schedule
        .spec()
        .alias()
        .map(alias -> List.of(moveAlias(handle, schedule, decision, alias, image, now)))
        .orElse(List.of());
  }

  private static Act moveAlias(
      Handle handle, Schedule schedule, Decision decision, String alias, Image image, Instant now) {
    AliasName name = new AliasName(decision.line(), alias);
    List<String> by = List.of(name.toString(), image.name(), rule(schedule), plan(decision));
    try {
      var _ = Aliases.set(handle, schedule.owner(), name, image.name(), schedule.signature(), now);
      return new Act(schedule, "SetAlias", by, "ok");
    } catch (RefusedException e) {
      LOG.atWarn()
          .addKeyValue("schedule", schedule.name())
          .addKeyValue("alias", name)
          .addKeyValue("reason", e.explanation())
          .log("a schedule could not move an alias");
      return new Act(schedule, "SetAlias", by, e.reason().name());
    }
  }

  private static String rule(Schedule schedule) {
    return "rule: " + schedule.spec().when().text();
  }

  private static String plan(Decision decision) {
    return "plan: %s to the snapshot %s"
        .formatted(PlanFacts.text(decision.changes()), decision.snapshot());
  }

  private static List<Act> fail(
      Handle handle,
      Schedule schedule,
      Runs.Open open,
      Decision decision,
      String reason,
      Instant now) {
    write(handle, open, decision.to(Outcome.FAILED, reason, now));
    int failures = schedule.failures() + 1;
    Schedules.setFailures(handle, schedule, failures);
    if (failures >= schedule.spec().disableAfter() && schedule.enabled()) {
      String why =
          "%s failed, the last one of the line %s: %s"
              .formatted(
                  failures == 1 ? "1 update" : failures + " updates in a row",
                  decision.line(),
                  reason);
      Schedules.disable(handle, schedule, why);
      Events.append(
          handle,
          new Event(
              EventType.SCHEDULE_DISABLED,
              schedule.owner().accountId(),
              schedule.owner().region(),
              schedule.name(),
              Map.of("schedule", schedule.name(), "failures", failures, "reason", why)),
          now);
      return List.of(
          new Act(
              schedule,
              "DisableSchedule",
              List.of(
                  schedule.name(),
                  "rule: disable after %d failures".formatted(schedule.spec().disableAfter()),
                  plan(decision)),
              "ok"));
    }
    return List.of();
  }

  /** Stops the updates that are not to be begun any more. */
  private void stop(Runs.Open open) {
    database.useTransaction(handle -> {
      Schedule schedule = Schedules.findById(handle, open.scheduleId()).orElseThrow();
      List<Decision> all = Runs.decisions(handle, open.scheduleId(), open.due());
      Instant now = clock.instant();
      Optional<String> why = whyStopped(handle, schedule, open, all, now);
      if (why.isPresent()) {
        all.stream()
            .filter(each -> each.outcome() == Outcome.WAITING)
            .forEach(each -> write(handle, open, each.to(Outcome.STOPPED, why.get(), now)));
      }
    });
  }

  private static Optional<String> whyStopped(
      Handle handle, Schedule schedule, Runs.Open open, List<Decision> all, Instant now) {
    Optional<Decision> canary =
        canaries(schedule, all).stream()
            .filter(each -> each.outcome() == Outcome.FAILED)
            .findFirst();
    if (canary.isPresent()) {
      return Optional.of(
          "The canary of the line %s failed: %s"
              .formatted(canary.get().line(), canary.get().reason()));
    }
    if (Suspensions.include(handle, schedule.owner().accountId())) {
      return Optional.of("The account was suspended.");
    }
    boolean isAsked = Runs.isAskedFor(handle, open);
    if (!schedule.enabled() && !isAsked) {
      return Optional.of("The schedule was disabled.");
    }
    return schedule
        .spec()
        .window()
        .filter(_ -> !isAsked)
        .map(open.due()::plus)
        .filter(end -> !now.isBefore(end))
        .map("The window closed at %s."::formatted);
  }

  /** The first updates of a run. One that turned out not to be needed shows nothing. */
  private static List<Decision> canaries(Schedule schedule, List<Decision> all) {
    return all.stream()
        .filter(each -> each.outcome() != Outcome.NOT_NEEDED)
        .limit(schedule.spec().canary())
        .toList();
  }

  private void beginSome(Schedule schedule, Runs.Open open) {
    while (true) {
      List<Decision> all =
          database.read(handle -> Runs.decisions(handle, open.scheduleId(), open.due()));
      long running = all.stream().filter(each -> each.outcome() == Outcome.UPDATING).count();
      List<Decision> canaries = canaries(schedule, all);
      boolean canariesQualified =
          canaries.stream().allMatch(each -> each.outcome() == Outcome.SUCCEEDED);
      Optional<Decision> next =
          all.stream()
              .filter(each -> each.outcome() == Outcome.WAITING)
              .filter(each -> canariesQualified || canaries.contains(each))
              .findFirst();
      if (next.isEmpty() || running >= schedule.spec().atMost()) {
        return;
      }
      begin(schedule, open, next.get());
    }
  }

  /** The name is written first: a process that ends in between leaves an update that is found. */
  private void begin(Schedule schedule, Runs.Open open, Decision decision) {
    Optional<String> overtaken = database.read(handle -> overtaken(handle, schedule, decision));
    if (overtaken.isPresent()) {
      database.useTransaction(handle ->
          write(handle, open, decision.to(Outcome.NOT_NEEDED, overtaken.get(), clock.instant())));
      return;
    }
    Optional<String> name = database.read(handle -> name(handle, schedule, decision));
    if (name.isEmpty()) {
      fail(
          open,
          decision,
          "Every name that the pattern '%s' makes is taken. Delete an image, or change the pattern."
              .formatted(schedule.spec().pattern().text()));
      return;
    }
    Decision named =
        decision.named(name.get(), "").to(Outcome.UPDATING, decision.reason(), clock.instant());
    database.useTransaction(handle -> write(handle, open, named));
    List<String> by =
        List.of(decision.line(), decision.image(), name.get(), rule(schedule), plan(decision));
    try {
      UpdateAnswer answer = updates.update(request(schedule, decision, name.get()));
      audit.act(schedule.owner(), schedule.signature(), "CreateUpdatedImage", by, "ok");
      database.useTransaction(handle ->
          write(
              handle,
              open,
              answer.canUpdateImage()
                  ? named.named(name.get(), answer.image().id())
                  : decision.to(Outcome.NOT_NEEDED, "it is up to date", clock.instant())));
    } catch (RefusedException e) {
      Scheduler.requireUninterrupted();
      audit.act(
          schedule.owner(), schedule.signature(), "CreateUpdatedImage", by, e.reason().name());
      fail(open, decision, e.explanation());
    } catch (DatabaseUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      Scheduler.requireUninterrupted();
      LOG.atError()
          .addKeyValue("schedule", schedule.name())
          .addKeyValue("image", decision.image())
          .setCause(e)
          .log("an update by a schedule could not begin");
      audit.act(
          schedule.owner(), schedule.signature(), "CreateUpdatedImage", by, "InternalFailure");
      fail(open, decision, "The server failed: %s. Its log has the cause.".formatted(e));
    }
  }

  /**
   * Says why a line is not updated although that was decided: since then, another run or somebody
   * else has begun or made an update of it.
   */
  private static Optional<String> overtaken(Handle handle, Schedule schedule, Decision decision) {
    Optional<LineHeads.Line> line = LineHeads.find(handle, schedule.owner(), decision.line());
    Optional<String> busy = line.flatMap(LineHeads.Line::busy);
    return busy.isPresent()
        ? busy.map("the image %s is being made"::formatted)
        : line.flatMap(LineHeads.Line::head)
            .map(LineHeads.Head::name)
            .filter(newest -> !newest.equals(decision.image()))
            .map("its newest image is %s by now"::formatted);
  }

  private void fail(Runs.Open open, Decision decision, String reason) {
    audited(handle ->
        fail(
            handle,
            Schedules.findById(handle, open.scheduleId()).orElseThrow(),
            open,
            decision,
            reason,
            clock.instant()));
  }

  private Optional<String> name(Handle handle, Schedule schedule, Decision decision) {
    NamePattern pattern = schedule.spec().pattern();
    List<String> present =
        pattern.isOfLine()
            ? Lines.find(handle, schedule.owner(), decision.line())
                .map(line -> Lines.members(handle, line).stream().map(Lines.Member::name).toList())
                .orElse(List.of())
            : Images.names(handle, schedule.owner());
    return pattern.next(
        decision.line(),
        present,
        clock.instant(),
        schedule.spec().times().zone(),
        name -> Images.find(handle, schedule.owner(), name).isEmpty());
  }

  private static UpdateRequest request(Schedule schedule, Decision decision, String newName) {
    return new UpdateRequest(
        schedule.owner(),
        decision.image(),
        newName,
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        false,
        UpdateOptions.NONE,
        schedule.signature());
  }

  private static void write(Handle handle, Runs.Open open, Decision decision) {
    Runs.decide(handle, open.scheduleId(), open.due(), List.of(decision));
  }
}
