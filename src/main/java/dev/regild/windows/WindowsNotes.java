package dev.regild.windows;

import dev.regild.insight.ChangelogEntry;
import dev.regild.insight.NoChangelogs;
import dev.regild.insight.Purl;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.WindowsFacts;
import dev.regild.windows.registry.WindowsVersion;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Windows packages have no changelogs, only the words of their metadata, which need not name all
 * CVEs; Microsoft says in its CVRF documents which build of the system fixes a CVE. Package URLs
 * have no type for them.
 */
final class WindowsNotes extends NoChangelogs {
  private static final Pattern SYSTEM = Pattern.compile("10\\.0\\.([0-9]{5,6})(\\..*)?");

  @Override
  public boolean isFixedByFeeds() {
    return true;
  }

  @Override
  public String unread() {
    return "neither its metadata nor a feed of the kind msrc names all CVEs that it fixes";
  }

  @Override
  public boolean isLater(ChangelogEntry entry, InstalledPackage installed) {
    return WindowsVersion.compare(entry.version(), installed.version()) > 0;
  }

  /** Windows clients of several builds are of one platform: feeds have a name for each build. */
  @Override
  public List<PackageVersion> vendorNames(InstalledPackage each) {
    PackageVersion own = new PackageVersion(each.name(), each.version());
    Matcher build = SYSTEM.matcher(each.version());
    return each.name().equals(WindowsFacts.SYSTEM) && build.matches()
        ? List.of(own, new PackageVersion(WindowsFacts.ofBuild(build.group(1)), each.version()))
        : List.of(own);
  }

  @Override
  public List<String> namesOf(String vendorName) {
    return vendorName.startsWith(WindowsFacts.SYSTEM + " ")
        ? List.of(WindowsFacts.SYSTEM)
        : List.of(vendorName);
  }

  @Override
  public Purl purl(OperatingSystem os, InstalledPackage each) {
    return new Purl("generic", "windows", each.name(), each.version())
        .with("arch", each.architecture())
        .with("distro", "windows-" + os.version());
  }
}
