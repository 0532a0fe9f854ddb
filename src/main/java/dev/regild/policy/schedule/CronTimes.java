package dev.regild.policy.schedule;

import static java.util.stream.Collectors.joining;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.kagkarlsson.scheduler.task.schedule.CronSchedule;
import com.github.kagkarlsson.scheduler.task.schedule.CronStyle;
import dev.regild.policy.InvalidPolicyException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The times of a cron expression with five fields, by the clock on the wall of a time zone. A time
 * that the clock skips in spring is the moment at which it goes on. Of a time that the clock shows
 * twice in autumn, the first one counts.
 */
public final class CronTimes {
  private static final Pattern FIVE_FIELDS = Pattern.compile("\\s*\\S+(\\s+\\S+){4}\\s*");

  /** A 29 February may be eight years away, and a weekday on it 40. */
  private static final Duration HORIZON = Duration.ofDays(41 * 366L);

  /** How far back a search begins. Each is tried after the one before it. */
  private static final Duration[] BACK = {
    Duration.ofMinutes(2),
    Duration.ofMinutes(30),
    Duration.ofHours(12),
    Duration.ofDays(8),
    Duration.ofDays(100),
    Duration.ofDays(800),
    HORIZON
  };

  /** A cron with minutes and hours that repeat has two times on a day among these. */
  private static final int TIMES_LOOKED_AT = 3;

  /** To read an expression takes longer than to compute with it. */
  private static final Cache<List<String>, CronTimes> READ =
      Caffeine.newBuilder().maximumSize(10_000).build();

  private static final List<String> MONTHS =
      List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
  private static final List<String> WEEKDAYS =
      List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

  private final String text;
  private final ZoneId zone;

  /** In UTC, so that it computes with the time on the wall alone. */
  private final CronSchedule cron;

  private CronTimes(String text, ZoneId zone, CronSchedule cron) {
    this.text = text;
    this.zone = zone;
    this.cron = cron;
  }

  /**
   * Reads an expression.
   *
   * @throws InvalidPolicyException if it is not one, it never fires, or there is no such zone
   */
  public static CronTimes parse(String expression, String zoneName, Instant now) {
    CronTimes times = new CronTimes(expression.strip(), zone(zoneName), cron(expression));
    if (times.after(now).isEmpty()) {
      throw new InvalidPolicyException(
          "The cron '%s' never fires, because no such day exists. Check its day and month."
              .formatted(expression));
    }
    return times;
  }

  /** Returns the times of an expression that was read before. */
  static CronTimes of(String expression, String zoneName) {
    return READ.get(
        List.of(expression, zoneName),
        _ -> new CronTimes(expression.strip(), zone(zoneName), cron(expression)));
  }

  private static ZoneId zone(String name) {
    try {
      return ZoneId.of(name);
    } catch (DateTimeException e) {
      throw new InvalidPolicyException(
          "The time zone '%s' does not exist. Write a name such as Europe/Berlin, or UTC."
              .formatted(name));
    }
  }

  private static CronSchedule cron(String expression) {
    try {
      if (!FIVE_FIELDS.matcher(expression).matches()) {
        throw new IllegalArgumentException("it must have five fields");
      }
      return new CronSchedule(expression, ZoneOffset.UTC, CronStyle.UNIX);
    } catch (RuntimeException e) {
      throw new InvalidPolicyException(
          "'%s' is not a cron expression: %s. Write minute, hour, day, month and weekday, such as '0 2 * * *' for 02:00 every day."
              .formatted(expression, String.valueOf(e.getMessage()).replaceFirst("\\.$", "")));
    }
  }

  /** Returns the first time after a moment; empty if there is none within 41 years. */
  public Optional<Instant> after(Instant moment) {
    LocalDateTime wall = LocalDateTime.ofInstant(moment, zone);
    LocalDateTime horizon = wall.plus(HORIZON);
    while (wall.isBefore(horizon)) {
      Optional<LocalDateTime> next = next(wall);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      Instant time = instant(next.get());
      if (time.isAfter(moment)) {
        return Optional.of(time);
      }
      // The clock shows these times once more, or has skipped to this one.
      wall = next.get();
    }
    return Optional.empty();
  }

  /** Returns the last time that is not after a moment; empty if there is none in 41 years. */
  public Optional<Instant> upTo(Instant moment) {
    for (Duration back : BACK) {
      Optional<Instant> found = Optional.empty();
      Optional<Instant> next = after(moment.minus(back));
      while (next.isPresent() && !next.get().isAfter(moment)) {
        found = next;
        next = after(next.get());
      }
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Whether two of the next times are on the same day of the zone. */
  boolean haveTwoOnADay(Instant now) {
    Optional<Instant> time = after(now);
    for (int i = 0; i < TIMES_LOOKED_AT && time.isPresent(); i++) {
      Optional<Instant> next = after(time.get());
      if (next.map(this::day).equals(time.map(this::day))) {
        return true;
      }
      time = next;
    }
    return false;
  }

  private LocalDate day(Instant time) {
    return LocalDate.ofInstant(time, zone);
  }

  private Optional<LocalDateTime> next(LocalDateTime wall) {
    Instant next = cron.getInitialExecutionTime(wall.toInstant(ZoneOffset.UTC));
    return next.isAfter(wall.plus(HORIZON).toInstant(ZoneOffset.UTC))
        ? Optional.empty()
        : Optional.of(LocalDateTime.ofInstant(next, ZoneOffset.UTC));
  }

  private Instant instant(LocalDateTime wall) {
    ZoneOffsetTransition transition = zone.getRules().getTransition(wall);
    return transition != null && transition.isGap()
        ? transition.getInstant()
        : wall.atZone(zone).withEarlierOffsetAtOverlap().toInstant();
  }

  public ZoneId zone() {
    return zone;
  }

  /** Returns what equals that of other times that are the same, however they are written. */
  List<Object> identity() {
    String[] fields = text.toUpperCase(Locale.ROOT).split("\\s+", -1);
    for (int i = 0; i < fields.length; i++) {
      String numbers =
          fields[i].replaceAll("(?<!\\d)0+(?=\\d)", "").replaceAll("\\*/1(?!\\d)", "*");
      boolean isWeekday = i == 4;
      List<String> names = i == 3 ? MONTHS : isWeekday ? WEEKDAYS : List.of();
      for (String name : names) {
        numbers =
            numbers.replace(name, Integer.toString(names.indexOf(name) + (isWeekday ? 0 : 1)));
      }
      fields[i] =
          Stream.of(numbers.split(",", -1))
              .map(each -> isWeekday && each.equals("7") ? "0" : each)
              .distinct()
              .sorted()
              .collect(joining(","));
    }
    return List.of(List.of(fields), zone.getRules());
  }

  @Override
  public String toString() {
    return text + " " + zone;
  }
}
