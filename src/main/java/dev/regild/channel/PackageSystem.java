package dev.regild.channel;

import dev.regild.fetch.FetchException;
import dev.regild.fetch.Transport;
import dev.regild.insight.NoChangelogs;
import dev.regild.insight.PackageNotes;
import dev.regild.inventory.InstalledSystem;
import dev.regild.inventory.Inventory;
import dev.regild.machine.HostTool;
import dev.regild.plan.PackageFamily;
import dev.regild.servicing.ImageServicing;
import dev.regild.servicing.ServicingMachines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * How packages are offered, compared, read and installed: all that Regild has to know of apt, of
 * rpm or of Windows. {@link PackageSystems} has the list of those that there are. An implementation
 * has no state, and equals every other of its class.
 */
public interface PackageSystem extends InstalledSystem {
  /** Returns its name in a snapshot's manifest: {@code apt}. */
  String name();

  /** Returns its order of versions, and its words. */
  PackageFamily family();

  /** Returns the {@code kind} of its sources in a channel's file; the usual one of several. */
  String sourceKind();

  /** Returns every {@code kind} that its sources may have. */
  default Set<String> sourceKinds() {
    return Set.of(sourceKind());
  }

  /**
   * Reads a source of a channel's file.
   *
   * @throws IllegalArgumentException if it can't be used; the message begins with the key
   */
  PackageSource source(SourceKeys keys);

  /** Returns the options of {@code regild channel add} that make its sources. */
  List<SourceOption> options();

  /**
   * Makes sources of what the options say.
   *
   * @param platform of the channel
   * @param told none but its own {@linkplain #options options}
   * @return empty if they name none
   * @throws IllegalArgumentException if they don't fit together; the message names the option
   */
  List<PackageSource> sources(String platform, SourceOptions told)
      throws ChannelException, IOException, InterruptedException;

  /** Returns why a channel can't have these sources together; empty if it can. */
  default Optional<String> whyNotTogether(List<PackageSource> sources) {
    return Optional.empty();
  }

  /** Returns the patterns of drivers' packages, for a channel that names none. */
  default List<String> driverPackages() {
    return Channel.DEFAULT_DRIVER_PACKAGES;
  }

  /** Returns what the name of an agent's package looks like. */
  default Pattern agentName() {
    return Channel.PACKAGE;
  }

  /** Returns an example of such a name, for messages. */
  default String exampleAgent() {
    return "example-agent";
  }

  /** Returns whether a snapshot may name agents itself, where its channel names none. */
  default boolean snapshotsNameAgents() {
    return false;
  }

  /**
   * Reads what the sources of a channel hold now: documents, verified, and the indexes they name.
   */
  RepositoryContents read(Channel channel, RefreshTools tools)
      throws ChannelException, FetchException, IOException, InterruptedException;

  /**
   * Asks the servers of a channel whether they still have what its sources name, where that is not
   * known by a refresh.
   *
   * @return what was found, and whether it is a problem; empty if there is nothing to ask
   */
  default Optional<Examined> examine(Channel channel, Transport transport)
      throws FetchException, InterruptedException {
    return Optional.empty();
  }

  /** What servers were asked, and what was found. */
  record Examined(String text, boolean isProblem) {}

  /** Returns whether a snapshot is of this system whose manifest is too old to say so. */
  boolean made(SnapshotManifest manifest);

  /** Reads a snapshot's indexes, and keeps names and versions in memory. */
  Snapshot load(Path directory, SnapshotManifest manifest) throws IOException;

  /**
   * Removes what it keeps of a channel beside the channel's file.
   *
   * @param channels the directory of channels' files
   */
  default void removeAll(Path channels, String channel) throws IOException {}

  /** Returns what services and boots the images of one of its platforms. */
  ImageServicing servicing(String platform, ServicingMachines machines);

  /** Returns what the host must have for its images, besides what every image needs. */
  default List<HostTool> hostTools() {
    return List.of();
  }

  /** Returns what {@link #hostTools} are needed for, in a few words. */
  default String imagesInWords() {
    return "its images";
  }

  /** Returns how to read its packages' changelogs and to form their package URLs. */
  default PackageNotes notes() {
    return new NoChangelogs();
  }

  /**
   * Returns what the API shows of an image besides what it shows of every one, by member.
   *
   * @param inventory of the image; read only if it is asked for
   */
  default Map<String, Object> imageFacts(Supplier<Inventory> inventory) {
    return Map.of();
  }
}
