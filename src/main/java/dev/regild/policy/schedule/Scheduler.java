package dev.regild.policy.schedule;

import dev.regild.db.Database;
import dev.regild.db.DatabaseUnavailableException;
import dev.regild.image.Owner;
import dev.regild.job.node.RecurringWork;
import dev.regild.job.node.Turns;
import dev.regild.policy.Audit;
import dev.regild.update.Updates;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acts by the schedules: begins runs that are due, and carries on those that go on. One node at a
 * time does so. All that it knows is in the database, so whatever ends the process, another look
 * goes on where it stopped. No schedule acts twice for one time, wherever the clock jumps.
 */
public final class Scheduler {
  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);

  /** How far ahead a time may have been seen before that can only be a clock that was wrong. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(1);

  private static final int TIMES_AHEAD = 5;

  /** Runs that begin in one transaction. */
  private static final int TOGETHER = 100;

  /** When there are as many decisions, no other run joins: nobody else writes meanwhile. */
  private static final int DECISIONS_TOGETHER = 10_000;

  private final Database database;
  private final Forecasts forecasts;
  private final Waves waves;
  private final Clock clock;

  /** By schedule. For one thread. */
  private final Map<String, Awaited> awaited = new HashMap<>();

  private record Awaited(CronTimes times, Instant seen, Optional<Instant> next) {}

  public Scheduler(
      Database database, Forecasts forecasts, Updates updates, Audit audit, Clock clock) {
    this.database = database;
    this.forecasts = forecasts;
    this.waves = new Waves(database, updates, audit, clock);
    this.clock = clock;
  }

  /** Returns the work of looking every few seconds, not started yet. */
  public RecurringWork work(Turns turns) {
    return new RecurringWork(
        "schedules", RecurringWork.Pauses.of(BETWEEN_LOOKS), turns, this::look);
  }

  /** Begins what is due, and carries on what goes on. For one thread. */
  void look() {
    beginDue();
    waves.carryOn();
  }

  /** Begins what is due. */
  void beginDue() {
    Instant now = clock.instant();
    Look look = new Look();
    List<Schedule> enabled = database.read(Schedules::enabled);
    awaited.keySet().retainAll(enabled.stream().map(Schedule::id).collect(Collectors.toSet()));
    List<Beginning> together = new ArrayList<>();
    int decisions = 0;
    for (Schedule schedule : enabled) {
      Optional<Beginning> next = beginning(look, schedule, now);
      if (next.isPresent()) {
        together.add(next.get());
        decisions += next.get().decisions().size();
      }
      if (together.size() == TOGETHER || decisions >= DECISIONS_TOGETHER) {
        begin(together, now);
        together = new ArrayList<>();
        decisions = 0;
      }
    }
    begin(together, now);
  }

  /** Decides what a schedule does if it is due. */
  private Optional<Beginning> beginning(Look look, Schedule schedule, Instant now) {
    try {
      return due(schedule, now).map(due -> beginning(look, schedule, due, now));
    } catch (DatabaseUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      requireUninterrupted();
      failed(schedule, e);
      return Optional.empty();
    }
  }

  /**
   * A node that stops interrupts what it reads, and that fails. It says nothing of a schedule.
   *
   * @throws IllegalStateException if the thread was interrupted
   */
  static void requireUninterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new IllegalStateException("interrupted while schedules act");
    }
  }

  private static void failed(Schedule schedule, RuntimeException e) {
    LOG.atWarn()
        .addKeyValue("schedule", schedule.name())
        .addKeyValue("account", schedule.owner().accountId())
        .addKeyValue("reason", e.toString())
        .log("a schedule could not act");
  }

  /** The last time that was not seen to; those before it were missed, and it stands for them. */
  private Optional<Instant> due(Schedule schedule, Instant now) {
    if (schedule.seen().isAfter(now.plus(CLOCK_TOLERANCE))) {
      // The clock was ahead, and was put back. What runs there were is recorded with their times.
      database.useTransaction(handle -> Schedules.setSeen(handle, schedule, now));
      return Optional.empty();
    }
    return next(schedule, schedule.seen()).filter(next -> !next.isAfter(now)).isPresent()
        ? schedule.spec().times().upTo(now)
        : Optional.empty();
  }

  /** The time after that one is asked for every few seconds. */
  private Optional<Instant> next(Schedule schedule, Instant seen) {
    Awaited known = awaited.get(schedule.id());
    CronTimes times = schedule.spec().times();
    if (known == null || !known.seen().equals(seen) || known.times() != times) {
      known = new Awaited(times, seen, times.after(seen));
      awaited.put(schedule.id(), known);
    }
    return known.next();
  }

  /** A run that is to begin, with what was decided. */
  private record Beginning(Schedule schedule, Instant due, String note, List<Decision> decisions) {
    long updates() {
      return decisions.stream().filter(each -> !each.outcome().isFinal()).count();
    }
  }

  private static Beginning beginning(Look look, Schedule schedule, Instant due, Instant now) {
    Optional<Instant> closed =
        schedule.spec().window().map(due::plus).filter(end -> !now.isBefore(end));
    boolean isBusy = look.isBusy(schedule);
    return new Beginning(
        schedule,
        due,
        closed
            .map("The server was not there, or busy, until its window closed at %s."::formatted)
            .orElse(isBusy ? "An earlier run has not ended yet." : missed(schedule, due)),
        closed.isPresent() || isBusy ? List.of() : look.decide(schedule, now));
  }

  /** Together, because a transaction takes longer than what is in it; else each by itself. */
  private void begin(List<Beginning> some, Instant now) {
    requireUninterrupted();
    if (some.isEmpty()) {
      return;
    }
    try {
      database
          .inTransaction(handle -> some.stream().filter(each -> begin(handle, each, now)).toList())
          .forEach(Scheduler::tell);
    } catch (DatabaseUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      if (some.size() == 1) {
        failed(some.getFirst().schedule(), e);
      } else {
        some.forEach(each -> begin(List.of(each), now));
      }
    }
  }

  /** Returns whether it began. */
  private static boolean begin(Handle handle, Beginning run, Instant now) {
    Schedule schedule = run.schedule();
    // Only one look has this run, even if another node took the turn meanwhile.
    if (Schedules.findById(handle, schedule.id()).filter(Schedule::enabled).isEmpty()) {
      return false;
    }
    Schedules.setSeen(handle, schedule, run.due());
    if (!Runs.begin(handle, schedule, run.due(), "", run.note(), now)) {
      return false;
    }
    Runs.decide(handle, schedule.id(), run.due(), run.decisions());
    if (run.updates() == 0) {
      Runs.end(handle, schedule.id(), run.due(), now);
    }
    return true;
  }

  private static void tell(Beginning run) {
    LOG.atInfo()
        .addKeyValue("schedule", run.schedule().name())
        .addKeyValue("account", run.schedule().owner().accountId())
        .addKeyValue("due", run.due())
        .addKeyValue("updates", run.updates())
        .addKeyValue("note", run.note())
        .log("a schedule acts");
  }

  private static String missed(Schedule schedule, Instant due) {
    Optional<Instant> first = schedule.spec().times().after(schedule.seen());
    return first.filter(it -> it.isBefore(due)).isPresent()
        ? "Times from %s on were missed; this run stands for them.".formatted(first.get())
        : "";
  }

  /** Judges with the runs in progress, and the lines of each owner, read once. */
  private final class Look {
    private final Decider decider = new Decider(forecasts);
    private @Nullable Set<String> busy;
    private final Map<Owner, NavigableMap<String, LineHeads.Line>> lines = new HashMap<>();

    private boolean isBusy(Schedule schedule) {
      Set<String> known = busy;
      if (known == null) {
        known =
            database.read(Runs::open).stream()
                .map(Runs.Open::scheduleId)
                .collect(Collectors.toSet());
        busy = known;
      }
      return known.contains(schedule.id());
    }

    private List<Decision> decide(Schedule schedule, Instant at) {
      return decider.decide(
          schedule.spec(),
          lines.computeIfAbsent(
              schedule.owner(),
              _ -> database.read(handle -> LineHeads.of(handle, schedule.owner()))),
          at);
    }
  }

  /** Returns the next times of a schedule; none if it is disabled. */
  public List<Instant> next(Schedule schedule) {
    return schedule.enabled() ? ahead(schedule.spec()) : List.of();
  }

  private List<Instant> ahead(ScheduleSpec spec) {
    CronTimes times = spec.times();
    return Stream.iterate(
            times.after(clock.instant()), Optional::isPresent, time -> time.flatMap(times::after))
        .limit(TIMES_AHEAD)
        .flatMap(Optional::stream)
        .toList();
  }

  /**
   * Returns what a schedule would do now and at its next five times, as things are now.
   *
   * @return the decisions by time, the first one now
   */
  public Map<Instant, List<Decision>> forecast(Schedule schedule) {
    Look look = new Look();
    Map<Instant, List<Decision>> forecast = new LinkedHashMap<>();
    Instant now = clock.instant();
    forecast.put(now, look.decide(schedule, now));
    ahead(schedule.spec()).forEach(time -> forecast.put(time, look.decide(schedule, time)));
    return forecast;
  }

  /**
   * Has a schedule act now, whether it is enabled or not. Its conditions have to hold.
   *
   * @param askedBy the access key
   * @return what was decided
   */
  public List<Decision> runNow(Schedule schedule, String askedBy) {
    Instant now = clock.instant();
    List<Decision> decisions = new Look().decide(schedule, now);
    requireUninterrupted();
    database.useTransaction(handle -> {
      if (Runs.begin(handle, schedule, now, askedBy, "Asked for.", now)) {
        Runs.decide(handle, schedule.id(), now, decisions);
        if (decisions.stream().allMatch(each -> each.outcome().isFinal())) {
          Runs.end(handle, schedule.id(), now, now);
        }
      }
    });
    return decisions;
  }
}
