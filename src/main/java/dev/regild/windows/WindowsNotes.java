package dev.regild.windows;

import dev.regild.insight.NoChangelogs;
import dev.regild.insight.Purl;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;

/**
 * Windows packages have no changelogs, only the words of their metadata, which need not name all
 * CVEs. Package URLs have no type for them.
 */
final class WindowsNotes extends NoChangelogs {
  @Override
  public String unread() {
    return "Windows packages do not say all CVEs that they fix";
  }

  @Override
  public Purl purl(OperatingSystem os, InstalledPackage each) {
    return new Purl("generic", "windows", each.name(), each.version())
        .with("arch", each.architecture())
        .with("distro", "windows-" + os.version());
  }
}
