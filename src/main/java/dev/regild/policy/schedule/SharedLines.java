package dev.regild.policy.schedule;

import dev.regild.plan.Glob;
import dev.regild.policy.InvalidPolicyException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which schedules of an owner look at the same lines, and whether they can. */
final class SharedLines {
  private final Set<String> lines;

  /** The schedules that name a line itself, by the line. */
  private final Map<String, List<Schedule>> naming = new HashMap<>();

  /** The same number for schedules with the same times, by name. */
  private final Map<String, Integer> times = new HashMap<>();

  /** Those that have patterns for lines. */
  private final List<Schedule> matching = new ArrayList<>();

  /**
   * @param existing lines of the owner; schedules may name others, which are to come
   */
  SharedLines(List<String> existing, List<Schedule> all) {
    this.lines = new LinkedHashSet<>(existing);
    Map<Object, Integer> distinct = new HashMap<>();
    for (Schedule schedule : all) {
      times.put(
          schedule.name(),
          distinct.computeIfAbsent(schedule.spec().times().identity(), _ -> distinct.size()));
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
      Map<String, Schedule> together = new LinkedHashMap<>();
      naming.getOrDefault(line, List.of()).forEach(each -> together.put(each.name(), each));
      matching.stream()
          .filter(each -> each.spec().covers(line))
          .forEach(each -> together.put(each.name(), each));
      together.values().stream()
          .filter(each -> names.contains(each.name()))
          .findFirst()
          .ifPresent(one -> {
            requireOnePattern(line, one, together.values());
            requireDifferentTimes(line, names, together.values());
          });
    }
  }

  private static void requireOnePattern(String line, Schedule one, Collection<Schedule> together) {
    together.stream()
        .filter(other -> !other.spec().pattern().equals(one.spec().pattern()))
        .findFirst()
        .ifPresent(other -> {
          throw new InvalidPolicyException(
              "The schedules %s and %s contradict each other on the line %s: they name its images '%s' and '%s'. Give both the same pattern."
                  .formatted(
                      one.name(),
                      other.name(),
                      line,
                      one.spec().pattern().text(),
                      other.spec().pattern().text()));
        });
  }

  /** Thousands of schedules can share a line, so each is not compared with each. */
  private void requireDifferentTimes(
      String line, Set<String> names, Collection<Schedule> together) {
    Map<Integer, Schedule> byTimes = new HashMap<>();
    for (Schedule each : together) {
      Schedule other = byTimes.putIfAbsent(times.getOrDefault(each.name(), -1), each);
      if (other != null && (names.contains(each.name()) || names.contains(other.name()))) {
        throw new InvalidPolicyException(
            "The schedules %s and %s contradict each other on the line %s: both look at it at the same times. Give one of them another cron."
                .formatted(
                    (names.contains(other.name()) ? other : each).name(),
                    (names.contains(other.name()) ? each : other).name(),
                    line));
      }
    }
  }
}
