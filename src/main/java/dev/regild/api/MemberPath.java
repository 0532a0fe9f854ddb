package dev.regild.api;

import java.util.Locale;

/**
 * How AWS services name a member in a message: lower-case-first whatever the model says, {@code
 * .1.member} for the first element of a list, {@code .key.member} for a map's value.
 */
final class MemberPath {
  private MemberPath() {}

  static String in(String path, String member) {
    String name = member.substring(0, 1).toLowerCase(Locale.ROOT) + member.substring(1);
    return path.isEmpty() ? name : path + "." + name;
  }

  static String element(String path, int index) {
    return path + "." + (index + 1) + ".member";
  }

  static String entry(String path, String key) {
    return path + "." + key + ".member";
  }
}
