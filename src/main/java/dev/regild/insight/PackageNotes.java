package dev.regild.insight;

import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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

  /**
   * Returns whether feeds say what a version of a package fixes: the next best where package files
   * have no changelogs.
   */
  default boolean isFixedByFeeds() {
    return false;
  }

  /** Returns why nothing is known of a package whose file was not read. */
  default String unread() {
    return "its changelog was not read yet";
  }

  /** Returns whether a changelog's entry is of a later version than an installed package. */
  boolean isLater(ChangelogEntry entry, InstalledPackage installed);

  /** Returns whether a source package is that of a kernel. */
  boolean isKernel(String source);

  /**
   * Returns the names, with versions, by which vendors speak of an installed package: its source,
   * and of some vendors the package itself.
   */
  default List<PackageVersion> vendorNames(InstalledPackage each) {
    return List.of(new PackageVersion(each.name(), each.version()));
  }

  /**
   * Returns the names of the sources, or of the packages, that vendors call by a name: what {@link
   * #vendorNames} translates.
   */
  default List<String> namesOf(String vendorName) {
    return List.of(vendorName);
  }

  /** Returns the package URL of an installed package. */
  Purl purl(OperatingSystem os, InstalledPackage each);

  /**
   * Returns the package URLs by which scanners know an installed package, {@link #purl} first: the
   * specification of purl leaves to them how they spell some vendors.
   */
  default List<Purl> purls(OperatingSystem os, InstalledPackage each) {
    return List.of(purl(os, each));
  }
}
