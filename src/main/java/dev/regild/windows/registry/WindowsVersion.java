package dev.regild.windows.registry;

import dev.regild.plan.Digits;
import dev.regild.plan.PackageFamily;
import java.util.Comparator;
import java.util.Optional;

/**
 * A version as Windows has them, ordered number by number: a build ({@code 10.0.20348.2340}), a
 * program's version, or a driver's date and version ({@code 2024-06-21 31.0.15.5161}), of which the
 * date counts first, as Plug and Play has it. Whatever is not a digit only separates numbers; a
 * number that is missing is zero, so texts that differ may be equal in this order.
 *
 * @param text the version
 */
public record WindowsVersion(String text) implements Comparable<WindowsVersion> {
  /** The order of versions that are kept as plain text. */
  public static final Comparator<String> ORDER = WindowsVersion::compare;

  /** What a plan knows of Component Based Servicing, Plug and Play and Windows Installer. */
  public static final PackageFamily FAMILY =
      new PackageFamily("neutral", ORDER, _ -> Optional.empty());

  @Override
  public int compareTo(WindowsVersion other) {
    return compare(text, other.text);
  }

  /**
   * A driver's version, as its INF's {@code DriverVer} has the two.
   *
   * @param date {@code 2024-06-21}
   */
  public static String ofDriver(String date, String version) {
    return date + " " + version;
  }

  /**
   * Compares two versions.
   *
   * @return negative, zero or positive, as {@link Comparator#compare}
   */
  public static int compare(String a, String b) {
    int i = 0;
    int j = 0;
    while (i < a.length() || j < b.length()) {
      i = firstDigit(a, i);
      j = firstDigit(b, j);
      int endA = digitsEnd(a, i);
      int endB = digitsEnd(b, j);
      int byNumber = Digits.compare(a.substring(i, endA), b.substring(j, endB));
      if (byNumber != 0) {
        return byNumber;
      }
      i = endA;
      j = endB;
    }
    return 0;
  }

  private static int firstDigit(String text, int from) {
    int i = from;
    while (i < text.length() && !Digits.isDigit(text.charAt(i))) {
      i++;
    }
    return i;
  }

  private static int digitsEnd(String text, int from) {
    int i = from;
    while (i < text.length() && Digits.isDigit(text.charAt(i))) {
      i++;
    }
    return i;
  }
}
