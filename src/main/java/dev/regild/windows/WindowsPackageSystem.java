package dev.regild.windows;

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
import dev.regild.fetch.Transport;
import dev.regild.insight.PackageNotes;
import dev.regild.inventory.GuestFiles;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import dev.regild.machine.HostTool;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.PlatformType;
import dev.regild.servicing.ImageServicing;
import dev.regild.servicing.QualificationBoot;
import dev.regild.servicing.ServicingMachines;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueSnapshot;
import dev.regild.windows.catalogue.CatalogueSource;
import dev.regild.windows.catalogue.OfferedUpdates;
import dev.regild.windows.registry.WindowsFitness;
import dev.regild.windows.registry.WindowsPlatforms;
import dev.regild.windows.registry.WindowsReader;
import dev.regild.windows.registry.WindowsVersion;
import dev.regild.windows.servicing.WindowsLimits;
import dev.regild.windows.servicing.WindowsQualification;
import dev.regild.windows.servicing.WindowsServicing;
import dev.regild.windows.upstream.UpstreamExamination;
import dev.regild.windows.upstream.UpstreamRefresh;
import dev.regild.windows.upstream.WsusFiles;
import dev.regild.windows.upstream.WsusOptions;
import dev.regild.windows.upstream.WsusSource;
import dev.regild.windows.winget.WingetFollow;
import dev.regild.windows.winget.WingetOptions;
import dev.regild.windows.winget.WingetSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Component Based Servicing, Plug and Play and Windows Installer, with a catalogue of our own. */
public record WindowsPackageSystem() implements PackageSystem {
  /** The name of a product of Windows Installer. */
  private static final Pattern PRODUCT = Pattern.compile("\\P{Cntrl}{1,255}");

  private static final SourceOption ARCHITECTURE =
      new SourceOption(
          "--arch",
          "ARCH",
          "The architecture of the machines that a Windows channel is for: amd64, arm64"
              + " or x86. Default: amd64.");

  @Override
  public String name() {
    return "windows";
  }

  @Override
  public PackageFamily family() {
    return WindowsVersion.FAMILY;
  }

  @Override
  public List<PlatformType> platforms() {
    return WindowsPlatforms.ALL;
  }

  @Override
  public String sourceKind() {
    return CatalogueSource.KIND;
  }

  @Override
  public Set<String> sourceKinds() {
    return Set.of(CatalogueSource.KIND, WsusSource.KIND, WingetSource.KIND);
  }

  @Override
  public PackageSource source(SourceKeys keys) {
    return switch (keys.text("kind")) {
      case WsusSource.KIND -> WsusOptions.source(keys);
      case WingetSource.KIND -> WingetOptions.source(keys);
      default ->
          new CatalogueSource(
              keys.only(Set.of("kind", "architecture"))
                  .text("architecture", CatalogueSource.DEFAULT_ARCHITECTURE));
    };
  }

  @Override
  public List<SourceOption> options() {
    return Stream.concat(WsusOptions.all(ARCHITECTURE).stream(), WingetOptions.ALL.stream())
        .toList();
  }

  @Override
  public List<PackageSource> sources(String platform, SourceOptions told) {
    String architecture =
        told.last(ARCHITECTURE.name()).orElse(CatalogueSource.DEFAULT_ARCHITECTURE);
    List<PackageSource> sources = new ArrayList<>();
    Optional<PackageSource> winget = WingetOptions.source(architecture, told);
    sources.add(
        WsusOptions.source(platform, architecture, told, winget.isPresent())
            .orElseGet(() -> new CatalogueSource(architecture)));
    winget.ifPresent(sources::add);
    return sources;
  }

  @Override
  public Optional<String> whyNotTogether(List<PackageSource> sources) {
    boolean beside =
        sources.size() <= 2 && sources.stream().skip(1).allMatch(WingetSource.class::isInstance);
    if (!beside || sources.getFirst() instanceof WingetSource) {
      return Optional.of(
          "a Windows channel has one source of the kind catalogue or wsus, and after it at most one"
              + " of the kind winget-manifest; remove the others");
    }
    return sources.stream()
            .allMatch(each -> each.architecture().equals(sources.getFirst().architecture()))
        ? Optional.empty()
        : Optional.of("they are for different architectures; correct architecture");
  }

  @Override
  public List<String> driverPackages() {
    return List.of("*.inf");
  }

  @Override
  public Pattern agentName() {
    return PRODUCT;
  }

  @Override
  public String exampleAgent() {
    return "Example Agent";
  }

  @Override
  public boolean snapshotsNameAgents() {
    return true;
  }

  @Override
  public RepositoryContents read(Channel channel, RefreshTools tools)
      throws ChannelException, FetchException, IOException, InterruptedException {
    Catalogue catalogue = Catalogue.of(tools.channels(), channel);
    List<String> notices = new ArrayList<>(agents(channel, tools));
    if (!(channel.sources().getFirst() instanceof WsusSource wsus)) {
      UpstreamRefresh.removeDrivers(Catalogue.directory(tools.channels(), channel.name()));
      return catalogue.contents(tools.verified(), OfferedUpdates.NONE, Route.DEFAULT, notices);
    }
    UpstreamRefresh.Outcome outcome =
        new UpstreamRefresh(
                wsus,
                channel.platform(),
                Catalogue.directory(tools.channels(), channel.name()),
                tools.transport(),
                tools.clock(),
                tools.options())
            .run();
    notices.addAll(outcome.notices());
    return catalogue.contents(tools.verified(), outcome.updates(), wsus.route(), notices);
  }

  private static List<String> agents(Channel channel, RefreshTools tools)
      throws ChannelException, IOException, InterruptedException {
    Path directory = Catalogue.directory(tools.channels(), channel.name());
    if (channel.sources().getLast() instanceof WingetSource winget) {
      return new WingetFollow(winget, directory, tools.transport(), tools.options()).run();
    }
    WingetFollow.removeAll(directory);
    return List.of();
  }

  @Override
  public Optional<Examined> examine(Channel channel, Transport transport)
      throws FetchException, InterruptedException {
    if (!(channel.sources().getFirst() instanceof WsusSource wsus)) {
      return Optional.empty();
    }
    Optional<String> problem = new UpstreamExamination(wsus, transport).problem();
    return Optional.of(
        new Examined(
            problem.orElse(wsus.url() + " has its products and classifications"),
            problem.isPresent()));
  }

  @Override
  public boolean made(SnapshotManifest manifest) {
    return !manifest.files(Catalogue.KIND).isEmpty();
  }

  @Override
  public Snapshot load(Path directory, SnapshotManifest manifest) throws IOException {
    return CatalogueSnapshot.load(directory, manifest, this, new WsusFiles());
  }

  @Override
  public void removeAll(Path channels, String channel) throws IOException {
    Catalogue.removeAll(channels, channel);
  }

  @Override
  public Inventory read(OperatingSystem os, GuestFiles files) {
    throw new IllegalStateException("Windows has no os-release");
  }

  @Override
  public Optional<Installed> inspect(String type, Guestfs appliance, String root, Path directory)
      throws IOException, GuestfsException, UnfitDiskException {
    return type.equals("windows")
        ? Optional.of(new WindowsReader(appliance, root, directory).read())
        : Optional.empty();
  }

  @Override
  public Optional<String> whyClosed(String filesystem, String device) {
    return filesystem.equals("BitLocker")
        ? Optional.of(WindowsFitness.bitLocker(device))
        : Optional.empty();
  }

  @Override
  public ImageServicing servicing(String platform, ServicingMachines machines) {
    QualificationBoot.Machine live = machines.live();
    WindowsLimits limits = WindowsLimits.of(live.timeLimit(), machines.guests().applyLimit());
    Supplier<Accelerator> accelerator = machines.guests().appliances().accelerator();
    return new WindowsPlatform(
        new WindowsServicing(live.memoryMiB(), live.cpus(), accelerator, limits),
        new WindowsQualification(live.memoryMiB(), live.cpus(), accelerator, limits),
        machines.guests().appliances());
  }

  @Override
  public PackageNotes notes() {
    return new WindowsNotes();
  }

  @Override
  public List<HostTool> hostTools() {
    return List.of(
        new HostTool("ntfs-3g.probe", "--help", "ntfs-3g"),
        new HostTool("cabextract", "--version", "cabextract"),
        new HostTool("wimlib-imagex", "--version", "wimtools"),
        new HostTool("msiinfo", "--version", "msitools"),
        new HostTool("osslsigncode", "--version", "osslsigncode"),
        new HostTool("xorriso", "-version", "xorriso"),
        new HostTool("swtpm", "--version", "swtpm"));
  }

  @Override
  public String imagesInWords() {
    return "images of Windows";
  }

  @Override
  public Map<String, Object> imageFacts(Supplier<Inventory> inventory) {
    return inventory
        .get()
        .windows()
        .map(facts -> Map.<String, Object>of("windows", WindowsView.of(facts)))
        .orElse(Map.of());
  }
}
