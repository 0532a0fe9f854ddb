package dev.regild.windows.registry;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name in the identity of a KB in Component Based Servicing. */
public final class KbName {
  /** A servicing stack's name has the revision in it for which it came. */
  private static final Pattern SERVICING_STACK =
      Pattern.compile("(Package_for_ServicingStack)_[0-9]+");

  private KbName() {}

  /** The one name of all of its versions. */
  public static String ofAllVersions(String name) {
    Matcher stack = SERVICING_STACK.matcher(name);
    return stack.matches() ? stack.group(1) : name;
  }
}
