package dev.regild.apt;

import dev.regild.servicing.Transaction.Install;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What apt-get is going to install, as it tells people before it does, with {@code
 * APT::Get::Show-Versions}: a heading, then a line for each package.
 *
 * <pre>{@code
 * The following NEW packages will be installed:
 *    apparmor (3.0.8-3)
 * The following packages will be upgraded:
 *    apt (2.6.1 => 2.6.2)
 * 1 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.
 * }</pre>
 */
final class PrintedUpgrade {
  private static final Pattern NEW = Pattern.compile(" {3}(\\S+) \\((\\S+)\\)");
  private static final Pattern UPGRADED = Pattern.compile(" {3}(\\S+) \\((\\S+) => (\\S+)\\)");
  private static final Pattern SUMMARY =
      Pattern.compile(
          "(\\d{1,9}) upgraded, (\\d{1,9}) newly installed, 0 to remove and \\d+ not upgraded\\.");

  private PrintedUpgrade() {}

  /**
   * Reads it.
   *
   * @return empty where more than that is to be done, or it is not as many packages as apt-get
   *     counts: then a simulation has to tell
   */
  static Optional<List<Install>> read(String printed) {
    List<Install> installs = new ArrayList<>();
    int upgraded = 0;
    String heading = "";
    for (String line : printed.lines().toList()) {
      Matcher summary = SUMMARY.matcher(line);
      if (summary.matches()) {
        boolean whole =
            Integer.parseInt(summary.group(1)) == upgraded
                && Integer.parseInt(summary.group(2)) == installs.size() - upgraded;
        return whole ? Optional.of(installs) : Optional.empty();
      }
      if (!line.startsWith(" ")) {
        heading = line;
      } else if (heading.equals("The following NEW packages will be installed:")) {
        Matcher added = NEW.matcher(line);
        if (added.matches()) {
          installs.add(new Install(added.group(1), "", added.group(2)));
        }
      } else if (heading.equals("The following packages will be upgraded:")) {
        Matcher changed = UPGRADED.matcher(line);
        if (changed.matches()) {
          installs.add(new Install(changed.group(1), changed.group(2), changed.group(3)));
          upgraded++;
        }
      }
    }
    return Optional.empty();
  }
}
