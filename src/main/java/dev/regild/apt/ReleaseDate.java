package dev.regild.apt;

import static java.time.temporal.ChronoField.SECOND_OF_MINUTE;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A date of a Release file, in the forms that apt takes ({@code RFC1123StrToTime} in apt-pkg): RFC
 * 1123 with any number of blanks and one or two digits of the day, and asctime. Beyond apt's GMT
 * and UTC, numeric zones are accepted, as {@code date -R} writes them.
 */
final class ReleaseDate {
  private static final Pattern RFC_1123 =
      Pattern.compile(
          "(?:[A-Za-z]{3,9}, )?(\\d{1,2} [A-Za-z]{3} \\d{4} \\d{1,2}:\\d{2}(?::\\d{2})?) (\\S+)");
  private static final Pattern ASCTIME =
      Pattern.compile(
          "[A-Za-z]{3} ([A-Za-z]{3}) (\\d{1,2}) (\\d{1,2}:\\d{2}:\\d{2})"
              + "(?: (?:UTC|GMT))? (\\d{4})");
  private static final Pattern UNIVERSAL = Pattern.compile("(?i)UTC|GMT|UT|Z");
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .parseCaseInsensitive()
          .appendPattern("d MMM yyyy H:mm")
          .optionalStart()
          .appendPattern(":ss")
          .optionalEnd()
          .parseDefaulting(SECOND_OF_MINUTE, 0)
          .toFormatter(Locale.ROOT);

  private ReleaseDate() {}

  /**
   * @throws DateTimeException if it is not a date
   */
  static Instant parse(String text) {
    String one = text.strip().replaceAll("\\s+", " ");
    Matcher asctime = ASCTIME.matcher(one);
    if (asctime.matches()) {
      one =
          "%s %s %s %s UTC"
              .formatted(asctime.group(2), asctime.group(1), asctime.group(4), asctime.group(3));
    }
    Matcher date = RFC_1123.matcher(one);
    if (!date.matches()) {
      throw new DateTimeException("it is not of the form 'Tue, 05 Aug 2025 10:00:00 UTC'");
    }
    String zone = date.group(2);
    ZoneOffset offset = UNIVERSAL.matcher(zone).matches() ? ZoneOffset.UTC : ZoneOffset.of(zone);
    return LocalDateTime.parse(date.group(1), TIME).toInstant(offset);
  }
}
