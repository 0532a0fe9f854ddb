package dev.regild.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.RepositoryContents.Document;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.fetch.Validators;
import dev.regild.inventory.GuestFiles;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.InventoryReader;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.Change;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.PackageFamily;
import dev.regild.plan.Planner;
import dev.regild.plan.PlatformType;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.UpdateReasons;
import dev.regild.servicing.ImageServicing;
import dev.regild.servicing.ServicingMachines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A package system of one file, which is added by the list and nothing else. */
class AnotherPackageSystemTest {
  @TempDir Path directory;

  private ChannelStore channels;

  @BeforeEach
  void addTheSystemToTheList() throws Exception {
    List<PackageSystem> all =
        Stream.concat(PackageSystems.installed().all().stream(), Stream.of(new Lists())).toList();
    Path data = directory.resolve("data");
    channels =
        new ChannelStore(data, Clock.systemUTC(), Transport.in(data), new PackageSystems(all));
    Files.writeString(directory.resolve("packages.txt"), "bash any 5.2\nzsh any 5.9\n");
    Files.writeString(
        data.resolve("channels/listed.yaml"),
        """
        platform: LISTED_LINUX1
        sources:
          - kind: list
            url: %s
        """
            .formatted(directory.resolve("packages.txt").toUri()));
  }

  @Test
  void aChannelOfItsIsReadRefreshedAndPlannedWith() throws Exception {
    Channel channel = channels.require("listed");
    assertThat(channel.system()).isEqualTo(new Lists());
    assertThat(channels.refresh("listed")).isInstanceOf(RefreshResult.NewSnapshot.class);
    assertThat(channels.refresh("listed")).isInstanceOf(RefreshResult.Unchanged.class);

    Snapshot snapshot = channels.current("listed").orElseThrow();
    assertThat(SnapshotManifest.read(snapshot.directory()).system()).isEqualTo("lists");
    List<InstalledPackage> installed = List.of(new InstalledPackage("bash", "any", "5.1", false));
    UpdatePlan plan =
        Planner.plan(
            installed,
            snapshot.availableTo(
                new Inventory(new OperatingSystem("LISTED_LINUX1", "", "1"), "any", installed)),
            channel.planRules());
    assertThat(plan.changes()).extracting(Change::name).containsExactly("bash");
    assertThat(plan.unmet(installed, snapshot.family())).hasSize(1);
  }

  @Test
  void aDiskOfItsIsRecognisedAndRead() throws Exception {
    Map<String, String> disk =
        Map.of(
            "/etc/os-release", "ID=listed\nVERSION_ID=1\n",
            "/var/lib/list", "bash any 5.1\n");
    Inventory inventory = InventoryReader.read(List.of(new Lists()), files(disk));
    assertThat(inventory.os().platform()).isEqualTo("LISTED_LINUX1");
    assertThat(inventory.packages()).extracting(InstalledPackage::name).containsExactly("bash");
  }

  @Test
  void anotherProgramsListDoesNotHaveIt() {
    assertThat(PackageSystems.installed().find("LISTED_LINUX1")).isEmpty();
  }

  private static GuestFiles files(Map<String, String> disk) {
    return new GuestFiles() {
      @Override
      public byte[] read(String path) {
        return disk.getOrDefault(path, "").getBytes(java.nio.charset.StandardCharsets.UTF_8);
      }

      @Override
      public boolean exists(String path) {
        return disk.containsKey(path);
      }

      @Override
      public String run(String... command) {
        throw new IllegalStateException("it has no programs");
      }
    };
  }

  /** Packages in a list: a line with name, architecture and version each. */
  private record Lists() implements PackageSystem {
    @Override
    public String name() {
      return "lists";
    }

    @Override
    public PackageFamily family() {
      return new PackageFamily("any", Comparator.naturalOrder(), _ -> Optional.empty());
    }

    @Override
    public List<PlatformType> platforms() {
      return List.of(new PlatformType("LISTED_LINUX1", "Listed Linux 1", "listed", "1"));
    }

    @Override
    public String sourceKind() {
      return "list";
    }

    @Override
    public PackageSource source(SourceKeys keys) {
      keys.only(Set.of("kind", "url"));
      return new ListSource(keys.text("url"));
    }

    @Override
    public List<SourceOption> options() {
      return List.of(new SourceOption("--list", "URL", "A list of packages."));
    }

    @Override
    public List<PackageSource> sources(String platform, SourceOptions told) {
      return told.all("--list").stream().<PackageSource>map(ListSource::new).toList();
    }

    @Override
    public RepositoryContents read(Channel channel, RefreshTools tools)
        throws FetchException, IOException, InterruptedException {
      List<Document> documents = new ArrayList<>();
      Map<String, Validators> validators = new TreeMap<>();
      for (PackageSource source : channel.sources()) {
        String url = ((ListSource) source).url();
        byte[] list = tools.documents().read(url, "list", validators);
        documents.add(new Document("list", SnapshotManifest.Kind.PACKAGES, list, url));
      }
      return new RepositoryContents(documents, List.of(), validators);
    }

    @Override
    public boolean made(SnapshotManifest manifest) {
      return false;
    }

    @Override
    public Snapshot load(Path directory, SnapshotManifest manifest) throws IOException {
      return new ListSnapshot(
          directory, manifest, packages(Files.readString(directory.resolve("list"))));
    }

    @Override
    public Inventory read(OperatingSystem os, GuestFiles files) throws IOException {
      return new Inventory(os, "x86_64", packages(files.text("/var/lib/list")));
    }

    @Override
    public ImageServicing servicing(String platform, ServicingMachines machines) {
      throw new IllegalStateException("it has no disks");
    }

    private static List<InstalledPackage> packages(String list) {
      return list.lines()
          .map(line -> line.split(" ", -1))
          .map(words -> new InstalledPackage(words[0], words[1], words[2], false))
          .toList();
    }
  }

  private record ListSource(String url) implements PackageSource {
    @Override
    public PackageSystem system() {
      return new Lists();
    }

    @Override
    public String architecture() {
      return "x86_64";
    }

    @Override
    public Map<String, Object> keys() {
      return Map.of("url", url);
    }

    @Override
    public String text() {
      return url;
    }

    @Override
    public Route route() {
      return Route.DEFAULT;
    }
  }

  private static final class ListSnapshot extends Snapshot {
    private final List<InstalledPackage> offered;

    ListSnapshot(Path directory, SnapshotManifest manifest, List<InstalledPackage> offered) {
      super(directory, manifest, new Lists());
      this.offered = offered;
    }

    @Override
    public int size() {
      return offered.size();
    }

    @Override
    public AvailablePackages availableTo(Inventory inventory) {
      return this;
    }

    @Override
    public Snapshot limitedToSecurity() {
      return this;
    }

    @Override
    public Map<String, PackageFile> packageFiles(Set<String> uris) {
      return Map.of();
    }

    @Override
    public Optional<String> upgradeOf(InstalledPackage installed) {
      return offered.stream()
          .filter(each -> each.name().equals(installed.name()))
          .map(InstalledPackage::version)
          .filter(version -> family().order().compare(version, installed.version()) > 0)
          .findFirst();
    }

    @Override
    public UpdateReasons reasonsFor(InstalledPackage installed, String to) {
      return new UpdateReasons(false, List.of());
    }
  }
}
