package dev.regild.windows.catalogue;

import dev.regild.channel.ChannelException;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.Snapshot;
import dev.regild.channel.SnapshotManifest;
import dev.regild.fetch.PackageFile;
import dev.regild.inventory.Inventory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.UpdateReasons;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A snapshot of a catalogue, with its packages. It offers nothing to an image that is unknown. */
public final class CatalogueSnapshot extends Snapshot {
  private final WindowsCatalogue catalogue;
  private final boolean securityOnly;

  private CatalogueSnapshot(
      Path directory,
      SnapshotManifest manifest,
      PackageSystem system,
      WindowsCatalogue catalogue,
      boolean securityOnly) {
    super(directory, manifest, system);
    this.catalogue = catalogue;
    this.securityOnly = securityOnly;
  }

  /** Reads what the packages are. */
  public static CatalogueSnapshot load(
      Path directory, SnapshotManifest manifest, PackageSystem system) throws IOException {
    return new CatalogueSnapshot(
        directory, manifest, system, WindowsCatalogue.load(directory, manifest), false);
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
    return new CatalogueSnapshot(directory(), manifest(), system(), catalogue, true);
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
