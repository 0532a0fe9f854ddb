package dev.regild.plan;

/**
 * Shell patterns as fnmatch(3) without flags has them: {@code *}, {@code ?}, {@code [a-z]}, {@code
 * [!a-z]}, and a backslash before what stands for itself. Patterns come from images, so matching
 * takes time in proportion to pattern and text, whatever they are.
 */
public final class Glob {
  private Glob() {}

  /** Whether a pattern matches all of a text, letters by their case. */
  public static boolean matches(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int resume = 0;
    while (t < text.length()) {
      int next = p < pattern.length() ? one(pattern, p, text.charAt(t)) : -1;
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        resume = t;
      } else if (next > 0) {
        p = next;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }

  /** Whether a text has characters that mean something to {@link #matches}. */
  public static boolean isPattern(String text) {
    return text.chars().anyMatch(c -> "*?[\\".indexOf(c) >= 0);
  }

  /** Returns what every text begins with that a pattern matches; may be empty. */
  public static String prefix(String pattern) {
    int end = 0;
    while (end < pattern.length() && !isPattern(pattern.substring(end, end + 1))) {
      end++;
    }
    return pattern.substring(0, end);
  }

  /** Where the pattern goes on behind what matches one character; -1 if it does not match. */
  private static int one(String pattern, int at, char c) {
    return switch (pattern.charAt(at)) {
      case '*' -> -1;
      case '?' -> at + 1;
      case '\\' -> {
        boolean escapes = at + 1 < pattern.length();
        char literal = escapes ? pattern.charAt(at + 1) : '\\';
        yield literal == c ? at + (escapes ? 2 : 1) : -1;
      }
      case '[' -> bracket(pattern, at, c);
      default -> pattern.charAt(at) == c ? at + 1 : -1;
    };
  }

  private static int bracket(String pattern, int open, char c) {
    int from = open + 1;
    boolean negated = from < pattern.length() && "!^".indexOf(pattern.charAt(from)) >= 0;
    if (negated) {
      from++;
    }
    boolean found = false;
    for (int i = from; i < pattern.length(); i++) {
      char low = pattern.charAt(i);
      if (low == ']' && i > from) {
        return found != negated ? i + 1 : -1;
      }
      boolean range =
          i + 2 < pattern.length() && pattern.charAt(i + 1) == '-' && pattern.charAt(i + 2) != ']';
      char high = range ? pattern.charAt(i + 2) : low;
      found |= low <= c && c <= high;
      i += range ? 2 : 0;
    }
    // Never closed: the bracket stands for itself.
    return c == '[' ? open + 1 : -1;
  }
}
