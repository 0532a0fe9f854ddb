package dev.regild.policy.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.policy.InvalidPolicyException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CronTimesTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void aTimeThatTheClockSkipsIsTheMomentAtWhichItGoesOn() {
    CronTimes nightly = CronTimes.parse("30 2 * * *", "Europe/Berlin", NOW);
    assertThat(times(nightly, "2026-03-28T00:00:00Z", 3))
        .containsExactly("2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
    CronTimes often = CronTimes.parse("*/15 * * * *", "Europe/Berlin", NOW);
    assertThat(times(often, "2026-03-29T00:40:00Z", 3))
        .as("once, although four of them are skipped, and 03:00 is one by itself")
        .containsExactly("2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z");
  }

  @Test
  void aTimeThatTheClockShowsTwiceCountsOnce() {
    CronTimes nightly = CronTimes.parse("30 2 * * *", "Europe/Berlin", NOW);
    assertThat(times(nightly, "2026-10-24T12:00:00Z", 2))
        .containsExactly("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    assertThat(nightly.after(Instant.parse("2026-10-25T01:10:00Z")))
        .as("while the clock shows the hour again")
        .contains(Instant.parse("2026-10-26T01:30:00Z"));
    assertThat(nightly.upTo(Instant.parse("2026-10-25T01:31:00Z")))
        .contains(Instant.parse("2026-10-25T00:30:00Z"));
  }

  @Test
  void theLastTimeIsFoundHoweverLongAgo() {
    assertThat(CronTimes.parse("0 3 29 2 *", "UTC", NOW).upTo(NOW))
        .contains(Instant.parse("2024-02-29T03:00:00Z"));
    assertThat(CronTimes.parse("0 3 1 * *", "UTC", NOW).upTo(NOW))
        .contains(Instant.parse("2025-12-01T03:00:00Z"));
    assertThat(CronTimes.parse("* * * * *", "UTC", NOW).upTo(NOW.plusSeconds(59))).contains(NOW);
  }

  @Test
  void theSameTimesAreTheSameHoweverTheyAreWritten() {
    CronTimes times = CronTimes.of("5 2 * 3,11 0,5", "UTC");
    for (String same :
        List.of("05 02 */1 11,3 sun,FRI", "5 2 * Mar,NOV 5,7", "5 2 * 11,3,11 5,0")) {
      assertThat(CronTimes.of(same, "Etc/UTC").identity()).as(same).isEqualTo(times.identity());
    }
    for (String other : List.of("50 2 * 3,11 0,5", "5 2 */10 3,11 0,5", "5 2 * 3,1 0,5")) {
      assertThat(CronTimes.of(other, "UTC").identity()).as(other).isNotEqualTo(times.identity());
    }
    assertThat(CronTimes.of("5 2 * 3,11 0,5", "Europe/Berlin").identity())
        .isNotEqualTo(times.identity());
  }

  /** Compares with every minute of some weeks around the changes of the clock. */
  @Test
  void everyTimeOnTheWallIsATimeOnce() {
    Random random = new Random(20);
    String[] zones = {
      "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"
    };
    String[] minutes = {"0", "30", "*/20", "*", "5,45"};
    String[] hours = {"*", "2", "1-3", "*/2", "3"};
    for (int i = 0; i < 60; i++) {
      String zone = zones[random.nextInt(zones.length)];
      String cron =
          minutes[random.nextInt(minutes.length)]
              + " "
              + hours[random.nextInt(hours.length)]
              + " * * *";
      CronTimes times = CronTimes.parse(cron, zone, NOW);
      Instant start = transition(zone, random).minus(Duration.ofHours(6));
      List<Instant> found = new ArrayList<>();
      Instant end = start.plus(Duration.ofHours(14));
      Optional<Instant> next = times.after(start);
      while (next.isPresent() && next.get().isBefore(end)) {
        found.add(next.get());
        if (found.size() % 5 == 1) {
          assertThat(times.upTo(next.get())).as(cron).contains(next.get());
          assertThat(times.upTo(next.get().minusSeconds(1)).orElseThrow()).isBefore(next.get());
        }
        next = times.after(next.get());
      }
      assertThat(found)
          .as("%s %s from %s", cron, zone, start)
          .isEqualTo(expected(times, start, end));
    }
  }

  /** By looking at the wall's clock minute by minute. */
  private static List<Instant> expected(CronTimes times, Instant start, Instant end) {
    List<Instant> expected = new ArrayList<>();
    List<LocalDateTime> shown = new ArrayList<>();
    String[] fields = times.toString().split(" ");
    LocalDateTime before = LocalDateTime.ofInstant(start, times.zone());
    for (Instant each = start.plusSeconds(60); each.isBefore(end); each = each.plusSeconds(60)) {
      LocalDateTime wall = LocalDateTime.ofInstant(each, times.zone());
      boolean is = matches(fields, wall) && !shown.contains(wall);
      // What the clock skipped since a minute ago.
      for (LocalDateTime skipped = before.plusMinutes(1);
          skipped.isBefore(wall);
          skipped = skipped.plusMinutes(1)) {
        is |= matches(fields, skipped);
      }
      if (is) {
        expected.add(each);
      }
      shown.add(wall);
      before = wall;
    }
    return expected;
  }

  private static boolean matches(String[] fields, LocalDateTime wall) {
    return matches(fields[0], wall.getMinute()) && matches(fields[1], wall.getHour());
  }

  private static boolean matches(String field, int value) {
    if (field.startsWith("*")) {
      return field.length() == 1 || value % Integer.parseInt(field.substring(2)) == 0;
    }
    if (field.contains("-")) {
      String[] ends = field.split("-", -1);
      return value >= Integer.parseInt(ends[0]) && value <= Integer.parseInt(ends[1]);
    }
    return List.of(field.split(",", -1)).contains(Integer.toString(value));
  }

  private static Instant transition(String zone, Random random) {
    var rules = ZoneId.of(zone).getRules();
    Instant from = NOW.plus(Duration.ofDays(random.nextInt(300)));
    var next = rules.nextTransition(from);
    Instant found = next == null ? from : next.getInstant();
    // The test looks at whole minutes.
    return ZonedDateTime.ofInstant(found, ZoneId.of("UTC")).withSecond(0).withNano(0).toInstant();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 0 30 2 *", "0 0 31 4 *"})
  void aCronThatNeverFiresIsRefused(String cron) {
    assertThatThrownBy(() -> CronTimes.parse(cron, "UTC", NOW))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessage(
            "The cron '%s' never fires, because no such day exists. Check its day and month.",
            cron);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "daily", "61 * * * *", "* * * *", "0 0 2 * * *", "- * * * *", "a b c d e"})
  void whatIsNoCronIsRefused(String cron) {
    assertThatThrownBy(() -> CronTimes.parse(cron, "UTC", NOW))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("'%s' is not a cron expression".formatted(cron))
        .hasMessageContaining("such as '0 2 * * *'");
  }

  @Test
  void aZoneThatDoesNotExistIsRefused() {
    assertThatThrownBy(() -> CronTimes.parse("0 2 * * *", "Europe/Atlantis", NOW))
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessage(
            "The time zone 'Europe/Atlantis' does not exist. Write a name such as Europe/Berlin, or"
                + " UTC.");
  }

  private static List<String> times(CronTimes times, String from, int count) {
    List<String> found = new ArrayList<>();
    Instant moment = Instant.parse(from);
    for (int i = 0; i < count; i++) {
      moment = times.after(moment).orElseThrow();
      found.add(moment.toString());
    }
    return found;
  }
}
