package dev.regild.apt;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What {@code dpkg --audit} says: paragraphs of a few lines that tell what is wrong, and a line
 * with a blank before it for each package. Only some are about packages that are not whole; others
 * tell of a missing md5sums file, as slimmed images have none, or of a foreign architecture.
 */
final class DpkgAudit {
  /** By dpkg's words for each state that an installation is left in (dpkg 1.19 to 1.22). */
  private static final Pattern UNFINISHED =
      Pattern.compile(
          "The following packages (?:are in a mess|have been unpacked|are only half configured|are"
              + " only half installed|are awaiting processing of triggers|have been triggered).*");

  private DpkgAudit() {}

  /** Each package that is not fully installed, with dpkg's words for it. */
  static List<String> unfinished(String audit) {
    List<String> unfinished = new ArrayList<>();
    List<String> header = new ArrayList<>();
    boolean inPackages = true;
    for (String line : audit.lines().filter(each -> !each.isBlank()).toList()) {
      if (!line.startsWith(" ")) {
        if (inPackages) {
          header.clear();
        }
        inPackages = false;
        header.add(line.strip());
      } else {
        inPackages = true;
        String what = String.join(" ", header);
        if (UNFINISHED.matcher(what).matches()) {
          unfinished.add("%s: %s".formatted(line.strip().split("\\s+", 2)[0], what));
        }
      }
    }
    return unfinished;
  }
}
