package dev.regild.insight;

import java.util.List;

/**
 * What a package file says of its own changes. It is kept for each file's hash, so that a file is
 * read once.
 *
 * @param name of the package
 * @param version of the package
 * @param source the name of its source package
 * @param sourceVersion the version of its source package
 * @param sharedWith the package whose documentation it shares, in which its changelog is; else
 *     empty
 * @param problem why nothing, or not all, could be read; else empty
 * @param oldest the oldest version that has an entry, as far as the file was read; else empty
 * @param whole whether that is the oldest of all: distributions cut the changelogs of packages
 * @param entries those that name a CVE, the newest first
 */
public record Changelog(
    String name,
    String version,
    String source,
    String sourceVersion,
    String sharedWith,
    String problem,
    ChangelogEntry oldest,
    boolean whole,
    List<ChangelogEntry> entries) {
  /** In characters; the texts are the packager's own. */
  private static final int LONGEST = 1000;

  public Changelog {
    name = bounded(name);
    version = bounded(version);
    source = bounded(source);
    sourceVersion = bounded(sourceVersion);
    sharedWith = bounded(sharedWith);
    entries = List.copyOf(entries);
  }

  /** Of a package whose changelog could not be read. */
  public static Changelog unreadable(String name, String version, String source, String why) {
    return new Changelog(
        name, version, source, version, "", why, ChangelogEntry.NONE, false, List.of());
  }

  private static String bounded(String text) {
    return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
  }

  /** Whether any entry was read. */
  public boolean wasRead() {
    return !oldest.version().isEmpty();
  }
}
