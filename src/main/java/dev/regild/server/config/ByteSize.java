package dev.regild.server.config;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount of memory or storage.
 *
 * @param bytes not negative
 */
public record ByteSize(long bytes) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,12})\\s*(b|kib|mib|gib|tib)?");
  private static final Map<String, Integer> SHIFTS =
      Map.of("b", 0, "kib", 10, "mib", 20, "gib", 30, "tib", 40);

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes is negative: " + bytes);
    }
  }

  /** Reads {@code 512MiB}, {@code 2 GiB} or a plain number of bytes. */
  static Optional<ByteSize> parse(String text) {
    Matcher matcher = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int shift = SHIFTS.getOrDefault(Optional.ofNullable(matcher.group(2)).orElse("b"), 0);
    long number = Long.parseLong(matcher.group(1));
    return number > Long.MAX_VALUE >> shift
        ? Optional.empty()
        : Optional.of(new ByteSize(number << shift));
  }

  /** In whole MiB, rounded down. */
  public int mebibytes() {
    return Math.toIntExact(bytes >> 20);
  }
}
