package dev.regild.policy.schedule;

import dev.regild.channel.ring.Ring;
import dev.regild.image.RefusedException;
import dev.regild.plan.Glob;
import dev.regild.policy.SpecReader;
import dev.regild.policy.schedule.Decision.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;

/**
 * Decides which lines are updated at a time, and says of the others why not. Opens no disk. For one
 * look: it remembers which snapshot is current.
 */
final class Decider {
  private final Forecasts forecasts;
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
    spec.covered(lines)
        .forEach((name, line) -> {
          Decision decision = decide(spec, name, line, at);
          (decision.outcome() == Outcome.WAITING ? updates : others).add(decision);
        });
    for (String named : spec.lines()) {
      if (!Glob.isPattern(named) && !lines.containsKey(named)) {
        others.add(Decision.not(named, "", "the line does not exist; see regild line list", at));
      }
    }
    List<Decision> all = new ArrayList<>();
    updates.forEach(each -> all.add(each.at(all.size())));
    others.forEach(each -> all.add(each.at(all.size())));
    return all;
  }

  private Decision decide(ScheduleSpec spec, String name, LineHeads.Line line, Instant at) {
    if (line.busy().isPresent()) {
      return Decision.not(name, "", "the image %s is being made".formatted(line.busy().get()), at);
    }
    if (line.head().isEmpty()) {
      return Decision.not(name, "", "it has no AVAILABLE image", at);
    }
    LineHeads.Head head = line.head().get();
    if (head.revoked().isPresent()) {
      return Decision.not(name, head.name(), "it is revoked: " + head.revoked().get(), at);
    }
    Optional<String> tooSoon = spec.when().tooSoon(head.created(), at);
    if (tooSoon.isPresent()) {
      return Decision.not(name, head.name(), tooSoon.get(), at);
    }
    Source source = new Source(head.platform(), line.ring());
    Current current = snapshots.computeIfAbsent(source, this::current);
    if (!current.refusal().isEmpty()) {
      return Decision.not(name, head.name(), current.refusal(), at);
    }
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

  private Current current(Source source) {
    try {
      return new Current(forecasts.snapshot(source.platform(), source.ring()), "");
    } catch (RefusedException e) {
      return new Current("", e.explanation());
    }
  }

  /** The judgement has the numbers already, if it is by the present snapshot. */
  private PlanFacts facts(
      ScheduleSpec spec, LineHeads.Head head, Source source, String snapshot, Instant at) {
    Optional<LineHeads.Standing> standing =
        head.standing().filter(it -> it.snapshot().equals(snapshot));
    if (standing.isPresent()) {
      LineHeads.Standing known = standing.get();
      boolean enough = !spec.when().needDetails() && spec.cooldown().isEmpty();
      if (enough || (known.changes() == 0 && known.state().equals("CURRENT"))) {
        return new PlanFacts(
            known.changes(),
            0,
            known.security(),
            Optional.empty(),
            Set.of(),
            List.of(),
            false,
            false);
      }
    }
    // Lines with the same inventory, and schedules that look at the same line, share the answer.
    return asked.computeIfAbsent(
        new Question(source, head.inventory(), spec.cooldown(), spec.when().needFixes(), at),
        each ->
            forecasts.facts(
                source.platform(),
                source.ring(),
                each.inventory(),
                each.cooldown(),
                each.fixes(),
                at));
  }

  private static String met(ScheduleSpec spec, PlanFacts facts) {
    String counted =
        "%d changes, %d of them for security".formatted(facts.changes(), facts.security());
    return spec.cooldown().isEmpty() || facts.waiting() == 0
        ? counted
        : "%s; %d more are younger than the cooldown of %s"
            .formatted(counted, facts.waiting(), SpecReader.text(spec.cooldown().get()));
  }
}
