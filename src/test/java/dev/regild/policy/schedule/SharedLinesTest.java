package dev.regild.policy.schedule;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.regild.image.Owner;
import dev.regild.policy.InvalidPolicyException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SharedLinesTest {
  private static final Owner OWNER = new Owner("111111111111", "us-east-1");

  private static Schedule schedule(String name, String cron, String pattern) {
    String spec =
        """
        {"lines": ["*"], "cron": "%s", "zone": "UTC", "pattern": "%s"}
        """
            .formatted(cron, pattern);
    return new Schedule(
        "", OWNER, name, ScheduleSpec.stored(name, spec), true, "", Instant.EPOCH, 0);
  }

  /** An account's file can have 10000 of them, and the check is inside a transaction. */
  @Test
  void manySchedulesThatShareManyLinesAreComparedInSeconds() {
    List<String> lines = IntStream.range(0, 500).mapToObj(each -> "line-" + each).toList();
    List<Schedule> all = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 5000; i++) {
      String cron = "%d %d %d * *".formatted(i % 60, (i / 60) % 24, 1 + (i / 1440));
      all.add(schedule("s" + i, cron, "{line}-{n}"));
      names.add("s" + i);
    }
    assertTimeoutPreemptively(
        Duration.ofSeconds(30), () -> new SharedLines(lines, all).requireNoContradiction(names));
    all.add(schedule("last", "7 0 1 * *", "{line}-{n}"));
    assertThatThrownBy(() -> new SharedLines(lines, all).requireNoContradiction(Set.of("last")))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("The schedules last and s7 contradict each other on the line line-0");
  }

  @Test
  void onlyContradictionsOfTheSchedulesThatChangeCount() {
    List<Schedule> all =
        List.of(
            schedule("a", "0 1 * * *", "{line}-{n}"),
            schedule("b", "0 1 * * *", "{line}-{n}"),
            schedule("c", "0 2 * * *", "{line}-{n}"));
    SharedLines shared = new SharedLines(List.of("golden"), all);
    assertThatCode(() -> shared.requireNoContradiction(Set.of("c"))).doesNotThrowAnyException();
    for (String name : List.of("a", "b")) {
      assertThatThrownBy(() -> shared.requireNoContradiction(Set.of(name)))
          .hasMessageContaining("The schedules %s and ".formatted(name));
    }
  }
}
