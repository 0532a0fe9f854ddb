package dev.regild.channel;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Transport;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Advisory;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.PackageVersion;
import dev.regild.plan.UpdatePlan;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One immutable, verified state of a channel; only where its packages are served changes. Its
 * directory holds the repositories' signed documents and indexes, or the packages themselves, and
 * what a guest's package manager finds them with, without any network.
 */
public abstract class Snapshot implements AvailablePackages {
  private final Path directory;
  private final SnapshotManifest manifest;
  private final PackageSystem system;

  protected Snapshot(Path directory, SnapshotManifest manifest, PackageSystem system) {
    this.directory = directory;
    this.manifest = manifest;
    this.system = system;
  }

  /** Reads a file of a snapshot. */
  public interface ListReader {
    void read(InputStream in, SnapshotManifest.ListFile file) throws IOException;
  }

  /**
   * Reads files of a snapshot one after the other.
   *
   * @throws IOException if one can't be read; the message begins with its name
   */
  protected static void readEach(
      Path directory, List<SnapshotManifest.ListFile> files, ListReader reader) throws IOException {
    for (SnapshotManifest.ListFile file : files) {
      try (InputStream in = Files.newInputStream(directory.resolve(file.name()))) {
        reader.read(in, file);
      } catch (IOException e) {
        throw new IOException(file.name() + ": " + e.getMessage(), e);
      }
    }
  }

  /**
   * Returns SHA-256 over the names and hashes of its files, and over what else makes it another
   * one: its identity, for good.
   */
  public final String digest() {
    return manifest.digest();
  }

  /** Returns when it was made. */
  public final Instant createdAt() {
    return manifest.createdAt();
  }

  /** Read only; all that a guest needs lies in it as plain files, none in a subdirectory. */
  public final Path directory() {
    return directory;
  }

  /** Returns the main architecture of the machines that it is for. */
  public final String architecture() {
    return manifest.architecture();
  }

  /** Returns its files: the signed documents of its repositories, and what they name. */
  public final List<SnapshotManifest.ListFile> files() {
    return manifest.files();
  }

  protected final SnapshotManifest manifest() {
    return manifest;
  }

  /**
   * Returns the manifest as it is now: the one that was loaded may be weeks old, and the places of
   * its repositories have changed.
   */
  protected final SnapshotManifest manifestNow() throws ChannelException {
    try {
      return SnapshotManifest.read(directory);
    } catch (IOException e) {
      throw new ChannelException(
          "the snapshot in " + directory + " can't be read (" + e + "); refresh its channel", e);
    }
  }

  /** Returns the package system that it is of. */
  public final PackageSystem system() {
    return system;
  }

  @Override
  public final PackageFamily family() {
    return system.family();
  }

  /** Returns how many packages its indexes, or its catalogue, have. */
  public abstract int size();

  /**
   * What it offers to one image.
   *
   * @param inventory of the image
   */
  public abstract AvailablePackages availableTo(Inventory inventory);

  /**
   * Returns what {@link #availableTo} depends on in an inventory: those with equal ones are offered
   * the same.
   *
   * @return empty if it depends on the packages
   */
  public Optional<Object> offerBasis(Inventory inventory) {
    return Optional.empty();
  }

  /** The same, limited to what fixes security problems. */
  public abstract Snapshot limitedToSecurity();

  /**
   * What the signed indexes say about package files that a guest asks for. The guest is not
   * trusted: what is fetched is what the indexes name, and nothing else.
   *
   * @param uris as the guest's package manager printed them
   * @return by the URI as it was given; of a repository that has mirrors, at those which the last
   *     refresh found, whatever process made it
   * @throws ChannelException if one of them is not in this snapshot
   */
  public abstract Map<String, PackageFile> packageFiles(Set<String> uris) throws ChannelException;

  /**
   * Returns the files that an update will ask for, where the plan alone says that.
   *
   * @param inventory of the image
   * @return none where the guest's own package manager has to say it
   */
  public Collection<PackageFile> filesFor(UpdatePlan plan, Inventory inventory)
      throws ChannelException {
    return List.of();
  }

  /**
   * Makes servers have files that they list, before these are downloaded.
   *
   * @param files of this snapshot
   * @throws FetchException if a server does not have one, and nobody else has
   */
  public void require(Collection<PackageFile> files, Transport transport)
      throws FetchException, InterruptedException {}

  /**
   * Checks files that were downloaded and have the right hash, beyond what that says.
   *
   * @param contents files of this snapshot, and where they are
   * @throws ChannelException if one is not what it should be
   */
  public void check(Map<PackageFile, Path> contents)
      throws ChannelException, IOException, InterruptedException {}

  /**
   * Returns the files of packages, as the indexes name them. If a version exists for several
   * architectures, the first one counts.
   *
   * @return lacks packages that are not in this snapshot or have no file of their own
   */
  public Map<PackageVersion, PackageFile> filesOf(Set<PackageVersion> wanted)
      throws ChannelException {
    return Map.of();
  }

  /** Returns the hashes of the files that {@link #filesOf} returns. */
  public final Map<PackageVersion, String> fileHashes(Set<PackageVersion> wanted)
      throws ChannelException {
    Map<PackageVersion, String> hashes = new HashMap<>();
    filesOf(wanted).forEach((each, file) -> hashes.put(each, file.hash()));
    return hashes;
  }

  /**
   * A version of a package that an advisory names.
   *
   * @param cumulative whether each later version has the fix as well
   */
  public record Advised(
      Advisory advisory, String name, String architecture, String version, boolean cumulative) {}

  /**
   * Returns what its advisories name.
   *
   * @param wanted chooses the advisories
   */
  public List<Advised> advised(Predicate<Advisory> wanted) {
    return List.of();
  }

  /** Returns the names of the packages that it has as agents itself. */
  public Set<String> agents() {
    return Set.of();
  }

  /**
   * Returns the services of its own agents that are installed.
   *
   * @param installed packages of an image's inventory
   */
  public Set<String> agentServices(List<InstalledPackage> installed) {
    return Set.of();
  }
}
