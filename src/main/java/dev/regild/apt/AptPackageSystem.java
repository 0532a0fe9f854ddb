package dev.regild.apt;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
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
import dev.regild.fetch.Route;
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
import java.util.Set;

/** apt and dpkg. */
public record AptPackageSystem() implements PackageSystem {
  private static final List<PlatformType> PLATFORMS =
      List.of(
          new PlatformType("DEBIAN_", "Debian", "debian", "", "DEBIAN_12"),
          new PlatformType("UBUNTU_PRO_2404", "Ubuntu 24.04", "ubuntu", "24.04"),
          new PlatformType("UBUNTU_2204", "Ubuntu 22.04", "ubuntu", "22.04"),
          new PlatformType("UBUNTU_2604", "Ubuntu 26.04", "ubuntu", "26.04"));

  private static final Set<String> KEYS =
      Set.of(
          "kind",
          "uris",
          "suites",
          "components",
          "architectures",
          "signed-by",
          "check-valid-until",
          "allow-sha1-keys",
          "proxy",
          "ca-cert");

  private static final SourceOption FROM_HOST =
      new SourceOption(
          "--from-host", "", "Use the Debian repositories of this machine's apt configuration.");
  private static final SourceOption SOURCE =
      new SourceOption(
          "--source",
          "'URI SUITE COMPONENT…'",
          "An apt repository; may be repeated; needs --signed-by. For a repository without dists/"
              + " write 'URI ./', or the directory of its index in place of ./.",
          true);
  private static final SourceOption SIGNED_BY =
      new SourceOption(
          "--signed-by", "FILE", "The keyring that verifies the --source repositories.");

  @Override
  public String name() {
    return "apt";
  }

  @Override
  public PackageFamily family() {
    return DebianVersion.FAMILY;
  }

  @Override
  public List<PlatformType> platforms() {
    return PLATFORMS;
  }

  @Override
  public String sourceKind() {
    return "apt";
  }

  @Override
  public PackageSource source(SourceKeys keys) {
    keys.only(KEYS);
    return new AptSource(
        keys.texts("uris", List.of()),
        keys.texts("suites", List.of()),
        keys.texts("components", List.of()),
        keys.texts("architectures", List.of(AptSource.hostArchitecture())),
        keys.text("signed-by"),
        keys.flag("check-valid-until", true),
        keys.flag("allow-sha1-keys", false),
        keys.route());
  }

  @Override
  public List<SourceOption> options() {
    return List.of(FROM_HOST, SOURCE, SIGNED_BY, SourceOption.PROXY, SourceOption.AUTHORITY);
  }

  @Override
  public List<PackageSource> sources(String platform, SourceOptions told)
      throws ChannelException, IOException, InterruptedException {
    List<PackageSource> all = new ArrayList<>();
    Route route = told.route();
    if (told.has(FROM_HOST.name())) {
      HostSources.Found found = new HostSources().forPlatform(platform);
      found.leftOut().forEach(told.leftOut());
      for (AptSource source : found.sources()) {
        String through =
            told.has(SourceOption.PROXY.name()) ? route.proxy() : source.route().proxy();
        all.add(source.by(new Route(through, route.authority())));
      }
    }
    for (String text : told.all(SOURCE.name())) {
      all.add(source(text, told.file(SIGNED_BY.name()), route));
    }
    return all;
  }

  private static AptSource source(String text, String signedBy, Route route) {
    List<String> words = List.of(text.strip().split("\\s+"));
    boolean flat = words.size() == 2 && words.get(1).endsWith("/");
    if ((words.size() < 3 && !flat) || signedBy.isEmpty()) {
      throw new IllegalArgumentException(
          "--source must be 'URI SUITE COMPONENT…' or 'URI ./' and needs --signed-by: " + text);
    }
    return new AptSource(
        List.of(words.get(0)),
        List.of(words.get(1)),
        words.subList(2, words.size()),
        List.of(AptSource.hostArchitecture()),
        signedBy,
        true,
        false,
        route);
  }

  @Override
  public RepositoryContents read(Channel channel, RefreshTools tools)
      throws FetchException, IOException, InterruptedException {
    return new AptRepositories(tools.documents(), tools.clock()).read(channel);
  }

  /** Before manifests named their system, those of no other's documents were apt's. */
  @Override
  public boolean made(SnapshotManifest manifest) {
    return manifest.files().stream().anyMatch(file -> file.name().equals("sources.list"));
  }

  @Override
  public Snapshot load(Path directory, SnapshotManifest manifest) throws IOException {
    return AptSnapshot.load(directory, manifest);
  }

  @Override
  public Inventory read(OperatingSystem os, GuestFiles files)
      throws IOException, UnfitDiskException {
    return DpkgInventory.read(os, files);
  }

  @Override
  public PackageNotes notes() {
    return new AptNotes();
  }

  @Override
  public ImageServicing servicing(String platform, ServicingMachines machines) {
    return OfflineServicing.on(machines, new AptTool(), this);
  }
}
