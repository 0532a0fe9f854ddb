package dev.regild.disk;

import java.util.regex.Pattern;

/** Names that are given to files: a name must not lead out of its directory. */
public final class FileName {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private FileName() {}

  /**
   * The same name.
   *
   * @throws IllegalArgumentException if a file can't have it
   */
  public static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a name for a file of the data directory: " + name);
    }
    return name;
  }
}
