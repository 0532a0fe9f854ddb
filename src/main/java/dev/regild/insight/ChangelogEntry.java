package dev.regild.insight;

import java.util.List;

/**
 * One version of a changelog.
 *
 * @param source the name of the source package, as the entry spells it; empty where entries name
 *     none
 * @param version as the entry spells it
 * @param cves those that it names
 */
public record ChangelogEntry(String source, String version, List<Naming> cves) {
  /** Stands for no entry. */
  public static final ChangelogEntry NONE = new ChangelogEntry("", "", List.of());

  public ChangelogEntry {
    cves = List.copyOf(cves);
  }
}
