package dev.regild.windows.catalogue;

import dev.regild.channel.ChannelException;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Transport;
import dev.regild.inventory.Inventory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.UpdateReasons;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A snapshot of a catalogue, with its packages. It offers nothing to an image that is unknown. */
public final class CatalogueSnapshot extends Snapshot {
  private final WindowsCatalogue catalogue;
  private final boolean securityOnly;
  private final FileSupply supply;

  private CatalogueSnapshot(
      Path directory,
      SnapshotManifest manifest,
      PackageSystem system,
      WindowsCatalogue catalogue,
      boolean securityOnly,
      FileSupply supply) {
    super(directory, manifest, system);
    this.catalogue = catalogue;
    this.securityOnly = securityOnly;
    this.supply = supply;
  }

  /**
   * Reads what the packages are.
   *
   * @param supply makes a server have the files that it offers
   */
  public static CatalogueSnapshot load(
      Path directory, SnapshotManifest manifest, PackageSystem system, FileSupply supply)
      throws IOException {
    return new CatalogueSnapshot(
        directory, manifest, system, WindowsCatalogue.load(directory, manifest), false, supply);
  }

  /** Returns what a server offers to the channel. */
  public OfferedUpdates offered() {
    return catalogue.offered();
  }

  /** Returns the newest build that a cumulative update results in, by its base: 20348. */
  public Map<String, String> newestBuilds() {
    return catalogue.newestBuilds();
  }

  @Override
  public Collection<PackageFile> filesFor(UpdatePlan plan, Inventory inventory)
      throws ChannelException {
    if (plan.isEmpty() || inventory.windows().isEmpty()) {
      return List.of();
    }
    return catalogue.packagesFor(plan, inventory.windows().get(), directory()).values().stream()
        .flatMap(List::stream)
        .toList();
  }

  @Override
  public void require(Collection<PackageFile> files, Transport transport)
      throws FetchException, InterruptedException {
    catalogue.require(files, supply, transport);
  }

  @Override
  public void check(Map<PackageFile, Path> contents)
      throws ChannelException, IOException, InterruptedException {
    catalogue.check(contents);
  }

  @Override
  public int size() {
    return catalogue.size();
  }

  @Override
  public AvailablePackages availableTo(Inventory inventory) {
    return inventory
        .windows()
        .<AvailablePackages>map(
            facts -> catalogue.availableTo(inventory.packages(), facts, securityOnly))
        .orElse(this);
  }

  @Override
  public Snapshot limitedToSecurity() {
    return new CatalogueSnapshot(directory(), manifest(), system(), catalogue, true, supply);
  }

  @Override
  public boolean securityOnly() {
    return securityOnly;
  }

  @Override
  public Optional<String> upgradeOf(InstalledPackage installed) {
    return Optional.empty();
  }

  @Override
  public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
    return new UpdateReasons(false, List.of());
  }

  @Override
  public Map<String, PackageFile> packageFiles(Set<String> uris) throws ChannelException {
    return catalogue.packageFiles(uris, directory());
  }

  @Override
  public Set<String> agents() {
    return catalogue.agents();
  }

  @Override
  public Set<String> agentServices(List<InstalledPackage> installed) {
    return catalogue.agentServices(installed);
  }
}
