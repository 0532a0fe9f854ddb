package dev.regild.policy.schedule;

import dev.regild.channel.ring.Ring;
import dev.regild.image.RefusedException;
import dev.regild.plan.Glob;
import dev.regild.policy.SpecReader;
import dev.regild.policy.schedule.Decision.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which lines are updated at a time, and says of the others why not. Opens no disk. For one
 * look: it remembers which snapshot is current.
 */
final class Decider {
  private static final Logger LOG = LoggerFactory.getLogger(Decider.class);
  private static final String BEING_MADE = "the image %s is being made";

  private final Forecasts forecasts;
  private final Forecasts.Many many;
  private final Map<Source, Current> snapshots = new HashMap<>();
  private final Map<Question, PlanFacts> asked = new HashMap<>();

  /** What images are compared with: the snapshot of a ring, or else of a platform's channel. */
  private record Source(String platform, Optional<Ring> ring) {}

  /** What is asked of a plan. */
  private record Question(
      Source source, String inventory, Optional<Duration> cooldown, boolean fixes, Instant at) {}

  /** The snapshot of a source, or why there is none. */
  private record Current(String snapshot, String refusal) {}

  Decider(Forecasts forecasts) {
    this.forecasts = forecasts;
    this.many = forecasts.many();
  }

  /**
   * Decides on each line that a schedule covers. Those to be updated are WAITING and come first, in
   * the order of their names.
   *
   * @param lines all lines of the schedule's owner
   * @param at when the conditions have to hold
   */
  List<Decision> decide(ScheduleSpec spec, NavigableMap<String, LineHeads.Line> lines, Instant at) {
    List<Decision> updates = new ArrayList<>();
    List<Decision> others = new ArrayList<>();
    SortedMap<String, LineHeads.Line> covered = spec.covered(lines);
    ask(spec, covered.values(), at);
    covered.forEach((name, line) -> {
      Decision decision = decide(spec, name, line, at);
      (decision.outcome() == Outcome.WAITING ? updates : others).add(decision);
    });
    for (String named : spec.lines()) {
      if (ScheduleSpec.covered(named, lines).findAny().isEmpty()) {
        String why = Glob.isPattern(named) ? "no line has such a name" : "the line does not exist";
        others.add(Decision.not(named, "", why + "; see regild line list", at));
      }
    }
    List<Decision> all = new ArrayList<>();
    updates.forEach(each -> all.add(each.at(all.size())));
    others.forEach(each -> all.add(each.at(all.size())));
    return all;
  }

  /** Has the plans of all lines made that need one, together. */
  private void ask(ScheduleSpec spec, Collection<LineHeads.Line> lines, Instant at) {
    Map<Source, Set<String>> unknown = new HashMap<>();
    for (LineHeads.Line line : lines) {
      Optional<LineHeads.Head> head = line.head();
      if (head.isPresent() && rest(spec, line, head.get(), at).isEmpty()) {
        Source source = new Source(head.get().platform(), line.ring());
        if (judged(spec, head.get(), snapshot(source).snapshot()).isEmpty()
            && !asked.containsKey(question(spec, source, head.get().inventory(), at))) {
          unknown.computeIfAbsent(source, _ -> new HashSet<>()).add(head.get().inventory());
        }
      }
    }
    unknown.forEach((source, inventories) -> {
      if (inventories.size() > 1) {
        ask(spec, source, inventories, at);
      }
    });
  }

  private void ask(ScheduleSpec spec, Source source, Set<String> inventories, Instant at) {
    try {
      many.facts(
              source.platform(),
              source.ring(),
              inventories,
              spec.cooldown(),
              spec.when().needFixes(),
              at)
          .forEach((inventory, facts) -> asked.put(question(spec, source, inventory, at), facts));
    } catch (RefusedException | IllegalStateException e) {
      // Each line is asked about by itself, so that one keeps no other from its update.
      LOG.debug("plans are made one by one: {}", e.getMessage());
    }
  }

  private Decision decide(ScheduleSpec spec, String name, LineHeads.Line line, Instant at) {
    if (line.head().isEmpty()) {
      String why = line.busy().map(BEING_MADE::formatted).orElse("it has no AVAILABLE image");
      return Decision.not(name, "", why, at);
    }
    LineHeads.Head head = line.head().get();
    Optional<String> rest = rest(spec, line, head, at);
    if (rest.isPresent()) {
      return Decision.not(name, line.busy().isPresent() ? "" : head.name(), rest.get(), at);
    }
    Source source = new Source(head.platform(), line.ring());
    Current current = snapshot(source);
    try {
      PlanFacts facts = facts(spec, head, source, current.snapshot(), at);
      List<String> unmet = spec.when().unmet(facts);
      return unmet.isEmpty()
          ? new Decision(
              name,
              0,
              Outcome.WAITING,
              met(spec, facts),
              head.name(),
              current.snapshot(),
              facts.changes(),
              "",
              "",
              at)
          : new Decision(
              name,
              0,
              Outcome.NOT_NEEDED,
              String.join("; ", unmet),
              head.name(),
              current.snapshot(),
              facts.changes(),
              "",
              "",
              at);
    } catch (RefusedException e) {
      return Decision.not(name, head.name(), e.explanation(), at);
    } catch (IllegalStateException e) {
      // The other lines are not to wait for a damaged inventory.
      return Decision.not(name, head.name(), "its update can't be planned: " + e.getMessage(), at);
    }
  }

  /** Returns why nothing is done, whatever an update would change. */
  private Optional<String> rest(
      ScheduleSpec spec, LineHeads.Line line, LineHeads.Head head, Instant at) {
    return line.busy()
        .map(BEING_MADE::formatted)
        .or(() -> head.revoked().map("it is revoked: "::concat))
        .or(() -> spec.when().tooSoon(head.created(), at))
        .or(() ->
            Optional.of(snapshot(new Source(head.platform(), line.ring())).refusal())
                .filter(refusal -> !refusal.isEmpty()));
  }

  private Current snapshot(Source source) {
    return snapshots.computeIfAbsent(source, this::current);
  }

  private Current current(Source source) {
    try {
      return new Current(forecasts.snapshot(source.platform(), source.ring()), "");
    } catch (RefusedException e) {
      return new Current("", e.explanation());
    }
  }

  private PlanFacts facts(
      ScheduleSpec spec, LineHeads.Head head, Source source, String snapshot, Instant at) {
    Optional<PlanFacts> judged = judged(spec, head, snapshot);
    if (judged.isPresent()) {
      return judged.get();
    }
    // Lines with the same inventory, and schedules that look at the same line, share the answer.
    return asked.computeIfAbsent(
        question(spec, source, head.inventory(), at),
        each ->
            forecasts.facts(
                source.platform(),
                source.ring(),
                each.inventory(),
                spec.cooldown(),
                each.fixes(),
                at));
  }

  /** The judgement has the numbers already, if it is by the present snapshot. */
  private static Optional<PlanFacts> judged(
      ScheduleSpec spec, LineHeads.Head head, String snapshot) {
    boolean enough = !spec.when().needDetails() && spec.cooldown().isEmpty();
    return head.standing()
        .filter(it -> it.snapshot().equals(snapshot))
        .filter(it -> enough || (it.changes() == 0 && it.state().equals("CURRENT")))
        .map(it ->
            new PlanFacts(
                it.changes(),
                0,
                it.security(),
                Optional.empty(),
                Set.of(),
                List.of(),
                false,
                false));
  }

  /** The time counts only for a cooldown. */
  private static Question question(ScheduleSpec spec, Source source, String inventory, Instant at) {
    return new Question(
        source,
        inventory,
        spec.cooldown(),
        spec.when().needFixes(),
        spec.cooldown().isPresent() ? at : Instant.EPOCH);
  }

  private static String met(ScheduleSpec spec, PlanFacts facts) {
    String counted =
        "%s, %d for security".formatted(PlanFacts.text(facts.changes()), facts.security());
    return spec.cooldown().isEmpty() || facts.waiting() == 0
        ? counted
        : "%s; %d more are younger than the cooldown of %s"
            .formatted(counted, facts.waiting(), SpecReader.text(spec.cooldown().get()));
  }
}
