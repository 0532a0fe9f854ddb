package dev.regild.plan;

/** The decimal digits in versions, whose numbers may be of any length. */
public final class Digits {
  private Digits() {}

  public static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Compares two runs of digits by their values; an empty one is zero. */
  public static int compare(String a, String b) {
    String numberA = withoutLeadingZeros(a);
    String numberB = withoutLeadingZeros(b);
    int byLength = Integer.compare(numberA.length(), numberB.length());
    return byLength != 0 ? byLength : numberA.compareTo(numberB);
  }

  private static String withoutLeadingZeros(String digits) {
    int i = 0;
    while (i < digits.length() && digits.charAt(i) == '0') {
      i++;
    }
    return digits.substring(i);
  }
}
