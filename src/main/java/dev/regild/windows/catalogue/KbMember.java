package dev.regild.windows.catalogue;

import java.util.Locale;
import java.util.regex.Pattern;

/** What the files in a {@code .msu} are, by their names. */
public final class KbMember {
  /** Such as neither a tool nor a pattern of a tool takes for anything but a name. */
  private static final Pattern PACKAGE =
      Pattern.compile("(?i)[a-z0-9][a-z0-9._ ()~+-]{0,195}[.](cab|wim)");

  /** What the Windows Update agent wants to know, and no package. */
  private static final Pattern BESIDE =
      Pattern.compile("(?i)(wsusscan|desktopdeployment|onepackage|.*aggregatedmetadata).*");

  private KbMember() {}

  /** Whether it may be a package, which is installed. */
  public static boolean isPackage(String name) {
    return PACKAGE.matcher(name).matches() && !BESIDE.matcher(name).matches();
  }

  /** Whether a package is the servicing stack inside a KB. */
  public static boolean isServicingStack(String name) {
    return name.toLowerCase(Locale.ROOT).startsWith("ssu-");
  }
}
