package dev.regild.inventory;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * How the configuration files of packages differ from what the packages brought. Other files are
 * not compared, because that takes reading all of the disk.
 *
 * @param files how many configuration files the installed packages have
 * @param compared how many of them were compared
 * @param changed those that are not as their packages brought them, sorted by path
 */
public record ConfigurationFiles(int files, int compared, List<ChangedFile> changed) {
  /** Of a system whose packages have none. */
  public static final ConfigurationFiles NONE = notCompared(0);

  static final Comparator<ChangedFile> ORDER =
      Comparator.comparing(ChangedFile::path).thenComparing(ChangedFile::packageName);

  public ConfigurationFiles {
    changed = List.copyOf(changed);
  }

  static ConfigurationFiles notCompared(int files) {
    return new ConfigurationFiles(files, 0, List.of());
  }

  /** Returns these and others. */
  public ConfigurationFiles and(ConfigurationFiles others) {
    return new ConfigurationFiles(
        files + others.files,
        compared + others.compared,
        Stream.concat(changed.stream(), others.changed.stream()).sorted(ORDER).toList());
  }

  /**
   * A configuration file that was changed or removed.
   *
   * @param packageName of the package that brought it
   */
  public record ChangedFile(String path, String packageName, State state) {}

  /** What became of a file. */
  public enum State {
    CHANGED,
    MISSING
  }
}
