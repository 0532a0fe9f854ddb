package dev.regild.insight;

import java.util.List;

/**
 * The entry of one version in a changelog.
 *
 * @param source the name of the source package, as the entry spells it; empty if it names none
 * @param version as the entry spells it
 * @param cves the CVEs that it names
 */
public record ChangelogEntry(String source, String version, List<NamedCve> cves) {
  /** Stands for no entry. */
  public static final ChangelogEntry NONE = new ChangelogEntry("", "", List.of());

  public ChangelogEntry {
    cves = List.copyOf(cves);
  }
}
