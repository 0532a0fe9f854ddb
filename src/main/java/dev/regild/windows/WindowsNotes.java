package dev.regild.windows;

import dev.regild.insight.Changelog;
import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.PackageNotes;
import dev.regild.insight.Purl;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.nio.file.Path;
import java.util.Optional;

/** Packages of Windows name no CVEs, and purl has no type for them. */
final class WindowsNotes implements PackageNotes {
  @Override
  public Optional<Changelog> changelog(Path file) {
    return Optional.empty();
  }

  @Override
  public boolean hasChangelogs() {
    return false;
  }

  @Override
  public String unread() {
    return "packages of Windows do not say which CVEs they fix";
  }

  @Override
  public boolean isLater(ChangelogEntry entry, InstalledPackage installed) {
    return false;
  }

  @Override
  public boolean isKernel(String source) {
    return false;
  }

  @Override
  public Purl purl(OperatingSystem os, InstalledPackage each) {
    return new Purl("generic", "windows", each.name(), each.version())
        .with("arch", each.architecture())
        .with("distro", "windows-" + os.version());
  }
}
