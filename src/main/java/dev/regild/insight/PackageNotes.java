package dev.regild.insight;

import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** How to read the changelogs of one package system's packages, and how to name a package. */
public interface PackageNotes {
  /**
   * Reads the changelog in a package file.
   *
   * @return empty if files of this system have none
   * @throws IOException if the file is too damaged to read; the message says how
   */
  Optional<Changelog> changelog(Path file) throws IOException;

  /** Returns whether package files of this system have changelogs. */
  default boolean hasChangelogs() {
    return true;
  }

  /** Returns why nothing is known of a package whose file was not read. */
  default String unread() {
    return "its changelog was not read yet";
  }

  /** Returns whether a changelog's entry is of a later version than an installed package. */
  boolean isLater(ChangelogEntry entry, InstalledPackage installed);

  /** Returns whether a source package is that of a kernel. */
  boolean isKernel(String source);

  /** Returns the package URL of an installed package. */
  Purl purl(OperatingSystem os, InstalledPackage each);
}
