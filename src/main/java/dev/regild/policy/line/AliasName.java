package dev.regild.policy.line;

import dev.regild.policy.InvalidPolicyException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of an alias: {@code golden/prod}.
 *
 * @param line the name of its line
 * @param name its name within the line
 */
public record AliasName(String line, String name) {
  private static final String PART = "[a-zA-Z0-9][a-zA-Z0-9_.-]{0,100}";
  private static final Pattern LINE = Pattern.compile(PART);
  private static final Pattern FORM = Pattern.compile("(" + PART + ")[/:](" + PART + ")");

  /**
   * Reads a name; the separator may be a colon, as in the paths of URLs.
   *
   * @throws InvalidPolicyException if it is not one
   */
  public static AliasName parse(String text) {
    Matcher form = FORM.matcher(text);
    if (text.length() > 300 || !form.matches()) {
      throw new InvalidPolicyException(
          "'%s' is not the name of an alias. Write LINE/NAME, such as golden/prod, with letters, digits, '.', '_' and '-'."
              .formatted(text));
    }
    return new AliasName(form.group(1), form.group(2));
  }

  /**
   * Checks a line's name.
   *
   * @throws InvalidPolicyException if it is not one
   */
  public static String requireLine(String text) {
    if (!isPart(text)) {
      throw new InvalidPolicyException(
          "'%s' is not the name of a line. Use letters, digits, '.', '_' and '-', and begin with a letter or digit."
              .formatted(text));
    }
    return text;
  }

  /** Whether a text can be the name of a line, or that of an alias within its line. */
  public static boolean isPart(String text) {
    return text.length() <= 101 && LINE.matcher(text).matches();
  }

  @Override
  public String toString() {
    return line + "/" + name;
  }
}
