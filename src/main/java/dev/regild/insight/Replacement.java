package dev.regild.insight;

import dev.regild.plan.Advisory;
import java.util.List;

/**
 * A package that an update installs.
 *
 * @param name without its architecture
 * @param from the installed version; empty for a package that is new
 * @param to the new version
 * @param advisories its repositories' advisories about it
 */
public record Replacement(String name, String from, String to, List<Advisory> advisories) {
  public Replacement {
    advisories = List.copyOf(advisories);
  }
}
