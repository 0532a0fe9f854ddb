package dev.regild.rpm;

import dev.regild.plan.Digits;
import dev.regild.plan.PackageFamily;
import java.util.Comparator;

/**
 * An RPM package version, ordered as rpm orders it (rpm-version(7), {@code rpmvercmp} in rpmio): by
 * epoch, version, release. Each is compared run by run, digits by value and letters by ASCII;
 * {@code ~} sorts before everything, even the end, and {@code ^} just after the end. Different
 * texts may be equal in this order ({@code 1.0} and {@code 0:1_0}), so it isn't consistent with
 * equals.
 *
 * @param text {@code epoch:version-release}; the epoch may be left out and is 0 then, and a version
 *     without a release comes before the same with one
 */
public record RpmVersion(String text) implements Comparable<RpmVersion> {
  /** The order of versions that are kept as plain text. */
  static final Comparator<String> ORDER = RpmVersion::compare;

  /** What a plan knows of rpm, with dnf or yum. */
  public static final PackageFamily FAMILY = new PackageFamily("noarch", ORDER, RpmKernel::of);

  @Override
  public int compareTo(RpmVersion other) {
    return compare(text, other.text);
  }

  /**
   * Compares two versions.
   *
   * @return negative, zero or positive, as {@link Comparator#compare}
   */
  static int compare(String a, String b) {
    Parts partsA = Parts.of(a);
    Parts partsB = Parts.of(b);
    int byEpoch = comparePart(partsA.epoch(), partsB.epoch());
    if (byEpoch != 0) {
      return byEpoch;
    }
    int byVersion = comparePart(partsA.version(), partsB.version());
    if (byVersion != 0) {
      return byVersion;
    }
    if (partsA.hasRelease() != partsB.hasRelease()) {
      return partsA.hasRelease() ? 1 : -1;
    }
    return comparePart(partsA.release(), partsB.release());
  }

  /** The same version in one spelling, as indexes and rpm's database tell it in three fields. */
  static String of(String epoch, String version, String release) {
    boolean noEpoch = epoch.isEmpty() || epoch.equals("0") || epoch.equals("(none)");
    return (noEpoch ? "" : epoch + ":") + version + "-" + release;
  }

  private record Parts(String epoch, String version, boolean hasRelease, String release) {
    static Parts of(String text) {
      int digits = 0;
      while (digits < text.length() && Digits.isDigit(text.charAt(digits))) {
        digits++;
      }
      boolean hasEpoch = digits < text.length() && text.charAt(digits) == ':';
      int start = hasEpoch ? digits + 1 : 0;
      int hyphen = text.lastIndexOf('-');
      boolean hasRelease = hyphen >= start;
      return new Parts(
          hasEpoch && digits > 0 ? text.substring(0, digits) : "0",
          text.substring(start, hasRelease ? hyphen : text.length()),
          hasRelease,
          hasRelease ? text.substring(hyphen + 1) : "");
    }
  }

  private static int comparePart(String a, String b) {
    int i = 0;
    int j = 0;
    while (true) {
      i = skipSeparators(a, i);
      j = skipSeparators(b, j);
      char nextA = i < a.length() ? a.charAt(i) : 0;
      char nextB = j < b.length() ? b.charAt(j) : 0;
      if (nextA == '~' || nextB == '~' || nextA == '^' || nextB == '^') {
        if (nextA != nextB) {
          return weight(nextA) - weight(nextB);
        }
        i++;
        j++;
      } else if (nextA == 0 || nextB == 0) {
        return Integer.compare(nextA, nextB);
      } else {
        int endA = runEnd(a, i);
        int endB = runEnd(b, j);
        int byRun = compareRuns(a.substring(i, endA), b.substring(j, endB));
        if (byRun != 0) {
          return byRun;
        }
        i = endA;
        j = endB;
      }
    }
  }

  /** Where one of the two is a tilde or a caret: tilde, end, caret, anything else. */
  private static int weight(char next) {
    return switch (next) {
      case '~' -> -1;
      case 0 -> 0;
      case '^' -> 1;
      default -> 2;
    };
  }

  /** A run of digits is newer than one of letters. */
  private static int compareRuns(String a, String b) {
    boolean digitsA = Digits.isDigit(a.charAt(0));
    boolean digitsB = Digits.isDigit(b.charAt(0));
    if (digitsA != digitsB) {
      return digitsA ? 1 : -1;
    }
    if (!digitsA) {
      return a.compareTo(b);
    }
    return Digits.compare(a, b);
  }

  private static int skipSeparators(String text, int from) {
    int i = from;
    while (i < text.length()
        && !Digits.isDigit(text.charAt(i))
        && !isLetter(text.charAt(i))
        && text.charAt(i) != '~'
        && text.charAt(i) != '^') {
      i++;
    }
    return i;
  }

  private static int runEnd(String text, int from) {
    boolean digits = Digits.isDigit(text.charAt(from));
    int i = from;
    while (i < text.length()
        && (digits ? Digits.isDigit(text.charAt(i)) : isLetter(text.charAt(i)))) {
      i++;
    }
    return i;
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}
