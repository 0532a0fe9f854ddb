package dev.regild.insight;

import java.util.List;

/**
 * The changelog in a package file. It is stored under the file's hash, so that a file is read once.
 *
 * @param name of the package
 * @param version of the package
 * @param source the name of its source package
 * @param sourceVersion the version of its source package
 * @param sharedWith the package that has its changelog, because both share their documentation;
 *     else empty
 * @param problem why it could not be read, or not to its end; else empty
 * @param oldest the oldest version with an entry in what was read; else empty
 * @param whole whether {@code oldest} is the package's first version: distributions cut changelogs
 * @param entries the entries that name a CVE, newest first
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

  /** The result for a package whose changelog could not be read. */
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
