package dev.regild.apt;

import dev.regild.plan.PackageFamily;
import java.util.Comparator;

/**
 * A Debian package version, ordered as dpkg orders it (deb-version(7)): by epoch, upstream version,
 * revision; {@code ~} sorts before everything, even the end. Different texts may be equal in this
 * order ({@code 1.0} and {@code 0:1.0-0}), so it isn't consistent with equals.
 *
 * @param text the version as dpkg writes it: {@code 1:2.36-9+deb12u7}
 */
public record DebianVersion(String text) implements Comparable<DebianVersion> {
  /** The order of versions that are kept as plain text. */
  static final Comparator<String> ORDER = DebianVersion::compare;

  /** What a plan knows of dpkg and apt. */
  public static final PackageFamily FAMILY = new PackageFamily("all", ORDER, DebianKernel::of);

  @Override
  public int compareTo(DebianVersion other) {
    return compare(text, other.text);
  }

  /**
   * Compares two versions without allocating.
   *
   * @return negative, zero or positive, as {@link Comparator#compare}
   */
  static int compare(String a, String b) {
    int colonA = a.indexOf(':');
    int colonB = b.indexOf(':');
    int byEpoch = compareNumbers(a, 0, Math.max(colonA, 0), b, 0, Math.max(colonB, 0));
    if (byEpoch != 0) {
      return byEpoch;
    }
    int startA = colonA + 1;
    int startB = colonB + 1;
    int endA = upstreamEnd(a, startA);
    int endB = upstreamEnd(b, startB);
    int byUpstream = comparePart(a, startA, endA, b, startB, endB);
    if (byUpstream != 0) {
      return byUpstream;
    }
    return comparePart(
        a,
        Math.min(endA + 1, a.length()),
        a.length(),
        b,
        Math.min(endB + 1, b.length()),
        b.length());
  }

  private static int upstreamEnd(String version, int start) {
    int hyphen = version.lastIndexOf('-');
    return hyphen < start ? version.length() : hyphen;
  }

  /** Alternates runs of non-digits, by {@link #weight}, and runs of digits, by value. */
  private static int comparePart(String a, int fromA, int toA, String b, int fromB, int toB) {
    int i = fromA;
    int j = fromB;
    while (i < toA || j < toB) {
      while ((i < toA && !isDigit(a.charAt(i))) || (j < toB && !isDigit(b.charAt(j)))) {
        int difference = weight(a, i, toA) - weight(b, j, toB);
        if (difference != 0) {
          return difference;
        }
        i++;
        j++;
      }
      int digitsA = digitsEnd(a, i, toA);
      int digitsB = digitsEnd(b, j, toB);
      int byNumber = compareNumbers(a, i, digitsA, b, j, digitsB);
      if (byNumber != 0) {
        return byNumber;
      }
      i = digitsA;
      j = digitsB;
    }
    return 0;
  }

  /** Tilde before the end and before digits, then letters, then everything else. */
  private static int weight(String version, int index, int end) {
    if (index >= end) {
      return 0;
    }
    char c = version.charAt(index);
    if (isDigit(c)) {
      return 0;
    }
    if (c == '~') {
      return -1;
    }
    boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter ? c : c + 256;
  }

  /** By value, whatever the number of digits; no digits at all are zero. */
  private static int compareNumbers(String a, int fromA, int toA, String b, int fromB, int toB) {
    int i = skipZeros(a, fromA, toA);
    int j = skipZeros(b, fromB, toB);
    int byLength = Integer.compare(toA - i, toB - j);
    if (byLength != 0) {
      return byLength;
    }
    for (; i < toA; i++, j++) {
      int difference = a.charAt(i) - b.charAt(j);
      if (difference != 0) {
        return difference;
      }
    }
    return 0;
  }

  private static int skipZeros(String version, int from, int to) {
    int i = from;
    while (i < to && version.charAt(i) == '0') {
      i++;
    }
    return i;
  }

  private static int digitsEnd(String version, int from, int to) {
    int i = from;
    while (i < to && isDigit(version.charAt(i))) {
      i++;
    }
    return i;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
