package dev.regild.policy.schedule;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.kagkarlsson.scheduler.task.schedule.CronSchedule;
import com.github.kagkarlsson.scheduler.task.schedule.CronStyle;
import dev.regild.policy.InvalidPolicyException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

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

  /** To read an expression takes longer than to compute with it. */
  private static final Cache<List<String>, CronTimes> READ =
      Caffeine.newBuilder().maximumSize(10_000).build();

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

  @Override
  public String toString() {
    return text + " " + zone;
  }
}
