package dev.regild.rpm;

import dev.regild.channel.Channel;
import dev.regild.channel.PackageSource;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.RefreshTools;
import dev.regild.channel.RepositoryContents;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.channel.SourceKeys;
import dev.regild.channel.SourceOption;
import dev.regild.channel.SourceOptions;
import dev.regild.disk.UnfitDiskException;
import dev.regild.fetch.FetchException;
import dev.regild.insight.PackageNotes;
import dev.regild.inventory.GuestFiles;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.PlatformType;
import dev.regild.servicing.ImageServicing;
import dev.regild.servicing.OfflineServicing;
import dev.regild.servicing.ServicingMachines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** rpm, with dnf or yum. */
public record RpmPackageSystem() implements PackageSystem {
  /** The one whose Python is 2, so that dnf can't run in it. */
  private static final PlatformType AMAZON_LINUX2 =
      new PlatformType("AMAZON_LINUX2", "Amazon Linux 2", "amzn", "2");

  private static final List<PlatformType> PLATFORMS =
      List.of(
          AMAZON_LINUX2,
          new PlatformType("AMAZON_LINUX2023", "Amazon Linux 2023", "amzn", "2023"),
          new PlatformType("RHEL8", "Red Hat Enterprise Linux 8", "rhel", "8"),
          new PlatformType("RHEL9", "Red Hat Enterprise Linux 9", "rhel", "9"),
          new PlatformType("ROCKY_LINUX8", "Rocky Linux 8", "rocky", "8"),
          new PlatformType("ROCKY_LINUX9", "Rocky Linux 9", "rocky", "9"),
          new PlatformType("ALMA_LINUX8", "AlmaLinux 8", "almalinux", "8"),
          new PlatformType("ALMA_LINUX9", "AlmaLinux 9", "almalinux", "9"),
          new PlatformType("ORACLE_LINUX8", "Oracle Linux 8", "ol", "8"),
          new PlatformType("ORACLE_LINUX9", "Oracle Linux 9", "ol", "9"),
          new PlatformType("CENTOS_STREAM9", "CentOS Stream 9", "centos", "9"));

  private static final Set<String> KEYS =
      Set.of(
          "kind",
          "baseurl",
          "mirrorlist",
          "metalink",
          "architecture",
          "gpgkey",
          "module_hotfixes",
          "proxy",
          "ca-cert");

  private static final SourceOption REPO =
      new SourceOption(
          "--repo",
          "URL",
          "An RPM repository: the URL of the directory that contains repodata; may be"
              + " repeated. See --key.",
          true);
  private static final SourceOption MIRRORLIST =
      new SourceOption(
          "--mirrorlist",
          "URL",
          "The URL of an RPM repository's list of mirrors; may be repeated.",
          true);
  private static final SourceOption METALINK =
      new SourceOption(
          "--metalink", "URL", "The URL of an RPM repository's metalink; may be repeated.", true);
  private static final SourceOption KEY =
      new SourceOption(
          "--key",
          "FILE",
          "The public key that verifies repomd.xml of the RPM repositories. Without it,"
              + " their URLs must be https or file.");

  private static final Map<SourceOption, RpmSource.Locator> LOCATORS =
      Map.of(
          REPO, RpmSource.Locator.BASEURL,
          MIRRORLIST, RpmSource.Locator.MIRRORLIST,
          METALINK, RpmSource.Locator.METALINK);

  @Override
  public String name() {
    return "rpm";
  }

  @Override
  public PackageFamily family() {
    return RpmVersion.FAMILY;
  }

  @Override
  public List<PlatformType> platforms() {
    return PLATFORMS;
  }

  @Override
  public String sourceKind() {
    return "repomd";
  }

  @Override
  public PackageSource source(SourceKeys keys) {
    keys.only(KEYS);
    List<RpmSource.Locator> locators =
        Stream.of(RpmSource.Locator.values()).filter(each -> keys.has(each.key())).toList();
    if (locators.size() != 1) {
      throw new IllegalArgumentException(
          "exactly one of baseurl, mirrorlist and metalink is required; add or remove keys");
    }
    RpmSource.Locator locator = locators.getFirst();
    return new RpmSource(
        locator,
        keys.text(locator.key()),
        keys.text("architecture", RpmSource.hostArchitecture()),
        keys.text("gpgkey", ""),
        keys.flag("module_hotfixes", false),
        keys.route());
  }

  @Override
  public List<SourceOption> options() {
    return List.of(REPO, MIRRORLIST, METALINK, KEY, SourceOption.PROXY, SourceOption.AUTHORITY);
  }

  @Override
  public List<PackageSource> sources(String platform, SourceOptions told) {
    List<PackageSource> all = new ArrayList<>();
    for (SourceOption option : List.of(REPO, MIRRORLIST, METALINK)) {
      for (String uri : told.all(option.name())) {
        all.add(
            new RpmSource(
                LOCATORS.getOrDefault(option, RpmSource.Locator.BASEURL),
                uri,
                RpmSource.hostArchitecture(),
                told.file(KEY.name()),
                false,
                told.route()));
      }
    }
    return all;
  }

  @Override
  public RepositoryContents read(Channel channel, RefreshTools tools)
      throws FetchException, IOException, InterruptedException {
    return new RpmRepositories(tools.documents(), tools.clock()).read(channel);
  }

  @Override
  public boolean made(SnapshotManifest manifest) {
    return !manifest.files(RpmFiles.REPOMD).isEmpty();
  }

  @Override
  public Snapshot load(Path directory, SnapshotManifest manifest) throws IOException {
    return RpmSnapshot.load(directory, manifest);
  }

  @Override
  public Inventory read(OperatingSystem os, GuestFiles files)
      throws IOException, UnfitDiskException {
    return RpmInventory.read(os, files);
  }

  @Override
  public PackageNotes notes() {
    return new RpmNotes();
  }

  @Override
  public ImageServicing servicing(String platform, ServicingMachines machines) {
    RpmUpgrade.Tool tool =
        AMAZON_LINUX2.isNamed(platform) ? RpmUpgrade.Tool.YUM : RpmUpgrade.Tool.DNF;
    return OfflineServicing.on(machines, new RpmTool(tool), this);
  }
}
