package dev.regild.console;

import java.util.regex.Pattern;

/** Paths that a request may send its browser on to: those of the console alone. */
final class LocalPath {
  static final String HOME = "/console/";

  /** No backslash, no second slash in a row, no control character, no scheme, no dot segment. */
  private static final Pattern OURS =
      Pattern.compile(
          "/console/(?:[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*+/?+)*+(?:\\?[A-Za-z0-9._~%=&+*,:;/@-]*+)?+");

  private static final int LONGEST = 2_000;

  private LocalPath() {}

  /** The path if it is one of the console's, else the first page. */
  static String of(String path) {
    return isOurs(path) ? path : HOME;
  }

  static boolean isOurs(String path) {
    return path.length() <= LONGEST && OURS.matcher(path).matches();
  }
}
