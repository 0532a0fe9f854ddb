package dev.regild.console.view;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.disk.ByteCount;
import java.net.URLEncoder;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers, times and addresses in the form that people and browsers read. */
public final class Words {
  private static final DateTimeFormatter EXACT =
      DateTimeFormatter.ofPattern("d MMM uuuu, HH:mm:ss 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private Words() {}

  /** {@code 1 image}, {@code 12,345 images}. */
  public static String count(long number, String thing) {
    String plural =
        thing.matches(".*[^aeou]y") ? thing.substring(0, thing.length() - 1) + "ies" : thing + "s";
    return "%,d %s".formatted(number, number == 1 ? thing : plural);
  }

  /** {@code 12,345}. */
  public static String number(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  public static String size(long bytes) {
    return ByteCount.text(bytes);
  }

  /** {@code 30 Nov 2026, 11:54:03 UTC}. */
  public static String exact(Instant time) {
    return EXACT.format(time);
  }

  /** {@code 3 days ago}, {@code in 3 days}. */
  public static String age(Instant time, Instant now) {
    Duration age = Duration.between(time, now);
    if (age.abs().toMinutes() < 1) {
      return "just now";
    }
    return age.isNegative() ? "in " + span(age.negated()) : span(age) + " ago";
  }

  private static String span(Duration time) {
    if (time.toHours() < 1) {
      return count(time.toMinutes(), "minute");
    } else if (time.toDays() < 1) {
      return count(time.toHours(), "hour");
    } else if (time.toDays() < 60) {
      return count(time.toDays(), "day");
    } else if (time.toDays() < 730) {
      return count(time.toDays() / 30, "month");
    }
    return count(time.toDays() / 365, "year");
  }

  /** {@code 2 min 3 s}. */
  public static String took(Duration time) {
    if (time.compareTo(Duration.ofSeconds(10)) < 0) {
      return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
    } else if (time.toMinutes() < 1) {
      return time.toSeconds() + " s";
    } else if (time.toHours() < 1) {
      return "%d min %d s".formatted(time.toMinutes(), time.toSecondsPart());
    }
    return "%d h %d min".formatted(time.toHours(), time.toMinutesPart());
  }

  /** The path of an image's page, or of one below it. */
  public static String image(String name, String below) {
    return "/console/images/" + encoded(name) + below;
  }

  /** The path of a channel's page, or of one below it. */
  public static String channel(String name, String below) {
    return "/console/channels/" + encoded(name) + below;
  }

  /** A text as part of a path or a query. */
  public static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }
}
