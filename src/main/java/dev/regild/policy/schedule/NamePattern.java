package dev.regild.policy.schedule;

import dev.regild.image.RefusedException;
import dev.regild.image.ReservedNames;
import dev.regild.plan.Glob;
import dev.regild.policy.InvalidPolicyException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How new images are named: {@code {line}} is the name of the line, {@code {n}} the next number,
 * {@code {date}} the day as {@code 20260301}, {@code {time}} the time as {@code 0230}.
 */
public record NamePattern(String text) {
  /** As the demo names its images. */
  public static final NamePattern USUAL = new NamePattern("{line}-{n}");

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]*)}");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}");
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("yyyyMMdd", Locale.ROOT);
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HHmm", Locale.ROOT);

  /** Names that are tried where they are taken. */
  private static final int MOST_TRIED = 1000;

  /** No line has that many images. */
  private static final String LARGEST_NUMBER = "99999";

  /**
   * Checks a pattern.
   *
   * @throws InvalidPolicyException if it can never make a name that is free
   */
  public static NamePattern parse(String text) {
    NamePattern pattern = new NamePattern(text);
    Matcher placeholders = PLACEHOLDER.matcher(text);
    while (placeholders.find()) {
      if (!List.of("line", "n", "date", "time").contains(placeholders.group(1))) {
        throw new InvalidPolicyException(
            "The pattern '%s' has the unknown placeholder %s. Known are {line}, {n}, {date} and {time}."
                .formatted(text, placeholders.group()));
      }
    }
    if (!text.contains("{n}") && !text.contains("{date}")) {
      throw new InvalidPolicyException(
          "The pattern '%s' makes the same name each time, so only the first one is free. Add {n} or {date}."
              .formatted(text));
    }
    pattern.requirePossible("a");
    return pattern;
  }

  /**
   * Checks that names for a line are possible.
   *
   * @throws InvalidPolicyException if each is too long, reserved, or has characters that no name
   *     has
   */
  void requirePossible(String line) {
    String name = with(line, LARGEST_NUMBER, "20260101", "0000");
    if (!NAME.matcher(name).matches()) {
      throw new InvalidPolicyException(
          "The pattern '%s' makes names such as '%s', which no image can have. Use letters, digits, '.', '_' and '-', at most 101."
              .formatted(text, name));
    }
    try {
      ReservedNames.requireFree(name);
    } catch (RefusedException e) {
      throw new InvalidPolicyException(
          "The pattern '%s' makes names such as '%s', which are reserved. Begin it with another word."
              .formatted(text, name));
    }
  }

  /**
   * Checks that names stay free for what a schedule updates.
   *
   * @param lines of the schedule, as names or patterns
   * @param times of the schedule
   * @param now from when on these times come
   * @throws InvalidPolicyException if two of its updates would have the same name
   */
  void requireDistinct(List<String> lines, CronTimes times, Instant now) {
    if (text.contains("{n}")) {
      return;
    }
    boolean several = lines.size() > 1 || lines.stream().anyMatch(Glob::isPattern);
    if (several && !isOfLine()) {
      throw new InvalidPolicyException(
          "The pattern '%s' makes the same name for several lines. Add {line} or {n}."
              .formatted(text));
    }
    if (!text.contains("{time}") && times.haveTwoOnADay(now)) {
      throw new InvalidPolicyException(
          "The pattern '%s' makes one name a day, but the cron has several times on one day. Add {n} or {time}."
              .formatted(text));
    }
  }

  /** Whether the names are those of one line, so that other lines' images have other names. */
  boolean isOfLine() {
    return text.contains("{line}");
  }

  /**
   * Returns the next name for a line.
   *
   * @param present names of images that are there; the next number is above all of theirs
   * @param isFree whether no other image has that name
   * @return empty if all that were tried are taken
   */
  Optional<String> next(
      String line, List<String> present, Instant now, ZoneId zone, Predicate<String> isFree) {
    String date = DATE.format(now.atZone(zone));
    String time = TIME.format(now.atZone(zone));
    long number = Math.max(2, highest(line, present) + 1);
    for (int i = 0; i < MOST_TRIED; i++) {
      String name = with(line, Long.toString(number + i), date, time);
      if (isFree.test(name)) {
        return Optional.of(name);
      }
      if (!text.contains("{n}")) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** A date or a time in a name may be any. */
  private long highest(String line, List<String> present) {
    StringBuilder form = new StringBuilder();
    Matcher placeholders = PLACEHOLDER.matcher(text);
    int end = 0;
    boolean first = true;
    while (placeholders.find()) {
      form.append(Pattern.quote(text.substring(end, placeholders.start())));
      String group = first ? "(\\d{1,9})" : "\\d{1,9}";
      switch (placeholders.group(1)) {
        case "line" -> form.append(Pattern.quote(line));
        case "n" -> {
          form.append(group);
          first = false;
        }
        case "date" -> form.append("\\d{8}");
        default -> form.append("\\d{4}");
      }
      end = placeholders.end();
    }
    if (first) {
      return 0;
    }
    form.append(Pattern.quote(text.substring(end)));
    Pattern numbered = Pattern.compile(form.toString());
    return present.stream()
        .map(numbered::matcher)
        .filter(Matcher::matches)
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .max()
        .orElse(0);
  }

  private String with(String line, String number, String date, String time) {
    return text.replace("{line}", line)
        .replace("{n}", number)
        .replace("{date}", date)
        .replace("{time}", time);
  }
}
