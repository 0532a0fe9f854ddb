package dev.regild.insight;

import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.nio.file.Path;
import java.util.Optional;

/** The notes of a package system whose package files have no changelogs. */
public class NoChangelogs implements PackageNotes {
  @Override
  public final Optional<Changelog> changelog(Path file) {
    return Optional.empty();
  }

  @Override
  public final boolean hasChangelogs() {
    return false;
  }

  @Override
  public boolean isLater(ChangelogEntry entry, InstalledPackage installed) {
    return false;
  }

  @Override
  public final boolean isKernel(String source) {
    return false;
  }

  @Override
  public Purl purl(OperatingSystem os, InstalledPackage each) {
    return new Purl("generic", "", each.name(), each.version());
  }
}
