package dev.regild.policy.schedule;

import dev.regild.plan.Glob;
import dev.regild.policy.InvalidPolicyException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which schedules of an owner look at the same lines, and whether they can. */
final class SharedLines {
  private final Set<String> lines;

  /** The schedules that name a line itself, by the line. */
  private final Map<String, List<Schedule>> naming = new HashMap<>();

  /** Those that have patterns for lines. */
  private final List<Schedule> matching = new ArrayList<>();

  /**
   * @param existing lines of the owner; schedules may name others, which are to come
   */
  SharedLines(List<String> existing, List<Schedule> all) {
    this.lines = new LinkedHashSet<>(existing);
    for (Schedule schedule : all) {
      boolean hasPattern = false;
      for (String line : schedule.spec().lines()) {
        if (Glob.isPattern(line)) {
          hasPattern = true;
        } else {
          lines.add(line);
          naming.computeIfAbsent(line, _ -> new ArrayList<>()).add(schedule);
        }
      }
      if (hasPattern) {
        matching.add(schedule);
      }
    }
  }

  /**
   * Looks at the schedules of those names.
   *
   * @throws InvalidPolicyException if one of them contradicts another one
   */
  void requireNoContradiction(Set<String> names) {
    for (String line : lines) {
      Set<Schedule> together = new LinkedHashSet<>(naming.getOrDefault(line, List.of()));
      matching.stream().filter(each -> each.spec().covers(line)).forEach(together::add);
      for (Schedule one : together) {
        if (names.contains(one.name())) {
          together.stream()
              .filter(other -> !other.name().equals(one.name()))
              .forEach(other -> requireNoContradiction(line, one, other));
        }
      }
    }
  }

  private static void requireNoContradiction(String line, Schedule one, Schedule other) {
    if (!other.spec().pattern().equals(one.spec().pattern())) {
      throw new InvalidPolicyException(
          "The schedules %s and %s contradict each other on the line %s: they name its images '%s' and '%s'. Give both the same pattern."
              .formatted(
                  one.name(),
                  other.name(),
                  line,
                  one.spec().pattern().text(),
                  other.spec().pattern().text()));
    }
    if (other.spec().cron().equals(one.spec().cron())
        && other.spec().zone().equals(one.spec().zone())) {
      throw new InvalidPolicyException(
          "The schedules %s and %s contradict each other on the line %s: both look at it at the same times. Give one of them another cron."
              .formatted(one.name(), other.name(), line));
    }
  }
}
