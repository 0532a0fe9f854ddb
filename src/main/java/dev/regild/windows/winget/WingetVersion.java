package dev.regild.windows.winget;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of a package in the order of winget ({@code AppInstallerVersions}): parts between dots
 * are compared by their number, then by what follows it; a part with nothing behind its number is
 * the newer, so that {@code 1.2-beta} comes before {@code 1.2}. Zeros at the end do not count, nor
 * does what stands before the first number, as in {@code v1.2}.
 */
record WingetVersion(String text) implements Comparable<WingetVersion> {
  private static final Pattern PART = Pattern.compile("([0-9]*)(.*)", Pattern.DOTALL);
  private static final String LATEST = "latest";
  private static final String UNKNOWN = "unknown";

  private record Part(BigInteger number, String rest) implements Comparable<Part> {
    static final Part ZERO = new Part(BigInteger.ZERO, "");

    @Override
    public int compareTo(Part other) {
      int byNumber = number.compareTo(other.number);
      if (byNumber != 0) {
        return byNumber;
      }
      if (rest.isEmpty() || other.rest.isEmpty()) {
        return Boolean.compare(rest.isEmpty(), other.rest.isEmpty());
      }
      return rest.compareTo(other.rest);
    }
  }

  @Override
  public int compareTo(WingetVersion other) {
    int byWord = Integer.compare(word(), other.word());
    if (byWord != 0) {
      return byWord;
    }
    List<Part> own = parts();
    List<Part> others = other.parts();
    for (int i = 0; i < Math.max(own.size(), others.size()); i++) {
      int byPart =
          (i < own.size() ? own.get(i) : Part.ZERO)
              .compareTo(i < others.size() ? others.get(i) : Part.ZERO);
      if (byPart != 0) {
        return byPart;
      }
    }
    return 0;
  }

  private int word() {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    return lower.equals(LATEST) ? 1 : lower.equals(UNKNOWN) ? -1 : 0;
  }

  private List<Part> parts() {
    String plain = text.strip().toLowerCase(Locale.ROOT).replaceFirst("^[^0-9.]+(?=[0-9])", "");
    List<Part> parts = new ArrayList<>();
    for (String each : plain.split("\\.", -1)) {
      Matcher part = PART.matcher(each.strip());
      if (part.matches()) {
        String digits = part.group(1);
        parts.add(
            new Part(
                digits.isEmpty() ? BigInteger.ZERO : new BigInteger(digits),
                part.group(2).strip()));
      }
    }
    return parts;
  }
}
