package dev.regild.inventory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.PackageSystems;
import dev.regild.disk.UnfitDiskException;
import dev.regild.fixtures.GpgKey;
import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.RpmPackages;
import dev.regild.machine.Program;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.Pin;
import dev.regild.plan.UpdatePolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InventoryReaderTest {
  private static final String STATUS =
      """
      Package: dpkg
      Status: install ok installed
      Architecture: amd64
      Version: 1.22.6ubuntu6

      """;

  /** What the shell of a guest says of its apt's configuration. */
  private static final String PREFERENCES =
      """
      RELEASE='stable'

      #regild-preferences /etc/apt/preferences
      Explanation: rarely
      Package: *
      Pin: release a=backports
      Pin-Priority: 50

      #regild-preferences /etc/apt/preferences.d/own
      Package: dash bash
      Pin: version 0.5*
      Pin-Priority: -1

      Package: no-priority
      Pin: version 1
      """;

  @TempDir Path directory;

  @Test
  void ubuntu2404IsItsOwnPlatform() throws Exception {
    Inventory inventory =
        InventoryReader.read(PackageSystems.installed().all(), disk("ubuntu", "24.04"));
    assertThat(inventory.os())
        .isEqualTo(new OperatingSystem("UBUNTU_PRO_2404", "ubuntu 24.04", "24.04"));
    assertThat(inventory.packages())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("origin")
        .containsExactly(new InstalledPackage("dpkg", "amd64", "1.22.6ubuntu6", false));
  }

  @Test
  void aSystemForArmIsRefused() {
    assertThatThrownBy(() -> InventoryReader.requireArchitecture("aarch64"))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("is for aarch64");
    assertThatThrownBy(() -> InventoryReader.requireArchitecture("arm64"))
        .isInstanceOf(UnfitDiskException.class);
  }

  @Test
  void debianTellsItsPointRelease() throws Exception {
    assertThat(InventoryReader.read(PackageSystems.installed().all(), disk("debian", "12")).os())
        .isEqualTo(new OperatingSystem("DEBIAN_12", "debian 12", "12.5"));
  }

  @Test
  void anotherUbuntuAndAnotherSystemAreRefusedByName() {
    assertThatThrownBy(
            () -> InventoryReader.read(PackageSystems.installed().all(), disk("ubuntu", "20.04")))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("\"ubuntu 20.04\"")
        .hasMessageContaining("Ubuntu 24.04");
    assertThatThrownBy(
            () -> InventoryReader.read(PackageSystems.installed().all(), disk("rocky", "10.1")))
        .hasMessageContaining("\"rocky 10.1\"");
  }

  @Test
  void whatRpmHasInstalledIsReadByRpmItself() throws Exception {
    GuestFiles rocky =
        rocky(
            """
            # Added by 'versionlock add'
            bash-0:4.4.20-5.el8.*
            !kernel-core-0:4.18.0-553.el8.*
            """);
    install("kernel-core", "0", "4.18.0", "553.el8");
    Inventory inventory = InventoryReader.read(PackageSystems.installed().all(), rocky);
    assertThat(inventory.os()).isEqualTo(new OperatingSystem("ROCKY_LINUX8", "rocky 8.10", "8.10"));
    assertThat(inventory.architecture()).isEqualTo("noarch");
    assertThat(inventory.packages())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("origin")
        .containsExactly(
            new InstalledPackage("bash", "noarch", "4.4.20-5.el8", false),
            new InstalledPackage("kernel-core", "noarch", "4.18.0-477.el8", false),
            new InstalledPackage("kernel-core", "noarch", "4.18.0-553.el8", false),
            new InstalledPackage("rpm", "noarch", "1:4.14.3-31.el8", false));
    assertThat(inventory.isComplete()).isTrue();
    assertThat(inventory.packages().getLast().origin().orElseThrow())
        .satisfies(origin -> assertThat(origin.source()).isEqualTo("rpm"))
        .satisfies(origin -> assertThat(origin.sourceVersion()).isEqualTo("4.14.3-31.el8"))
        .satisfies(origin -> assertThat(origin.license()).isNotEmpty());
    assertThat(inventory.policy().orElseThrow().locks())
        .containsExactly("bash-0:4.4.20-5.el8.*", "!kernel-core-0:4.18.0-553.el8.*");
  }

  /** As AMAZON_LINUX2 and RHEL8 have it; Debian's rpm reads this form and can't write it. */
  @Test
  void aBerkeleyDatabaseHoldsTheSame() throws Exception {
    HostTools.assumeInstalled("db5.3_load");
    GuestFiles rocky = rocky("bash-0:4.4.20-5.el8.*\n");
    install("kernel-core", "0", "4.18.0", "553.el8");
    Inventory before = InventoryReader.read(PackageSystems.installed().all(), rocky);
    makeBerkeley();
    assertThat(rpm("-E", "%{_db_backend}").strip()).isEqualTo("sqlite");
    assertThat(InventoryReader.read(PackageSystems.installed().all(), rocky)).isEqualTo(before);
    assertThat(before.packages()).hasSize(4);
  }

  /** Moves the headers from the SQLite database into a Packages file, a hash by header number. */
  private void makeBerkeley() throws Exception {
    Path database = directory.resolve("database");
    StringBuilder dump = new StringBuilder("VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n");
    int highest = 0;
    try (Connection sqlite =
            DriverManager.getConnection("jdbc:sqlite:" + database.resolve("rpmdb.sqlite"));
        Statement statement = sqlite.createStatement();
        ResultSet row = statement.executeQuery("SELECT hnum, blob FROM Packages")) {
      while (row.next()) {
        highest = Math.max(highest, row.getInt(1));
        record(dump, number(row.getInt(1)), row.getBytes(2));
      }
    }
    // The record 0 holds the highest number that was given.
    record(dump, number(0), number(highest));
    Path text = Files.writeString(directory.resolve("dump"), dump.append("DATA=END\n"));
    Path packages = Files.createDirectory(directory.resolve("berkeley")).resolve("Packages");
    Program.of("db5.3_load", "-f", text.toString(), packages.toString()).run();
    Files.move(database, directory.resolve("sqlite"));
    Files.move(directory.resolve("berkeley"), database);
  }

  private static byte[] number(int number) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(number).array();
  }

  private static void record(StringBuilder dump, byte[] key, byte[] value) {
    for (byte[] each : List.of(key, value)) {
      dump.append(' ').append(HexFormat.of().formatHex(each)).append('\n');
    }
  }

  @Test
  void theKeysThatRpmTrustsAreNoPackages() throws Exception {
    HostTools.assumeInstalled("gpg");
    GuestFiles rocky = rocky("");
    try (GpgKey key = GpgKey.generate(directory.resolve("gnupg"))) {
      rpm("--import", key.export(directory.resolve("key.asc")).toString());
    }
    assertThat(rpm("-qa")).contains("gpg-pubkey-");
    assertThat(InventoryReader.read(PackageSystems.installed().all(), rocky).packages())
        .extracting(InstalledPackage::name)
        .containsExactly("bash", "kernel-core", "rpm");
  }

  @Test
  void theSettingsOfDnfArePartOfTheInventory() throws Exception {
    RpmPackages.assumeTools();
    install("rpm", "1", "4.14.3", "31.el8");
    Map<String, String> files = files("rocky", "8.10");
    files.put("/usr/bin/rpm", "");
    files.put(
        "/etc/dnf/dnf.conf",
        """
        [main]
        # exclude=nothing
        exclude=kernel* bash,
          zsh-5.*
        excludepkgs = *.i686
        obsoletes=0
        [other]
        exclude=dash
        """);
    files.put("/etc/yum.conf", "[main]\nexclude=never-read\n");
    assertThat(InventoryReader.read(PackageSystems.installed().all(), disk(files)).policy())
        .hasValue(
            new UpdatePolicy(
                "",
                List.of(),
                List.of(),
                List.of("kernel*", "bash", "zsh-5.*", "*.i686"),
                List.of(),
                true));
  }

  @Test
  void whatAptIsToldToPreferIsPartOfTheInventory() throws Exception {
    Map<String, String> files = files("debian", "12");
    files.put("/usr/bin/apt-config", "");
    Inventory inventory = InventoryReader.read(PackageSystems.installed().all(), disk(files));
    assertThat(inventory.policy())
        .hasValue(
            UpdatePolicy.ofApt(
                "stable",
                List.of(
                    new Pin("*", Pin.Kind.RELEASE, "a=backports", 50, "/etc/apt/preferences"),
                    new Pin("dash", Pin.Kind.VERSION, "0.5*", -1, "/etc/apt/preferences.d/own"),
                    new Pin("bash", Pin.Kind.VERSION, "0.5*", -1, "/etc/apt/preferences.d/own"))));
  }

  @Test
  void aDpkgThatWasInterruptedIsKnownBeforeAnythingIsUpdated() {
    Map<String, String> journal = files("debian", "12");
    journal.put("/var/lib/dpkg/updates/0000", "");
    assertThatThrownBy(() -> InventoryReader.read(PackageSystems.installed().all(), disk(journal)))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("dpkg --configure -a");
    Map<String, String> broken = files("debian", "12");
    broken.merge(
        "/var/lib/dpkg/status",
        "Package: half\nStatus: install reinstreq half-installed\nVersion: 1\n\n",
        String::concat);
    assertThatThrownBy(() -> InventoryReader.read(PackageSystems.installed().all(), disk(broken)))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("half installed: half.");
  }

  @ParameterizedTest
  @CsvSource({"amzn, 2, AMAZON_LINUX2", "rhel, 8.9, RHEL8", "rocky, 8.10, ROCKY_LINUX8"})
  void theSystemsOfRpmAreKnownByTheirOwnNames(String id, String version, String platform)
      throws Exception {
    RpmPackages.assumeTools();
    install("rpm", "1", "4.14.3", "31.el8");
    Inventory inventory =
        InventoryReader.read(PackageSystems.installed().all(), rpmDisk(id, version, ""));
    assertThat(inventory.os())
        .isEqualTo(new OperatingSystem(platform, id + " " + version, version));
    assertThat(inventory.packages())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("origin")
        .containsExactly(new InstalledPackage("rpm", "noarch", "1:4.14.3-31.el8", false));
  }

  @Test
  void aSystemOfRpmWithoutItsRpmIsRefusedByName() {
    assertThatThrownBy(
            () -> InventoryReader.read(PackageSystems.installed().all(), disk("rocky", "8.10")))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("rocky 8.10")
        .hasMessageContaining("/usr/bin/rpm is missing");
  }

  /** A Rocky Linux with a few packages, of which these lines lock some. */
  private GuestFiles rocky(String locks) throws Exception {
    RpmPackages.assumeTools();
    install("rpm", "1", "4.14.3", "31.el8");
    install("kernel-core", "0", "4.18.0", "477.el8");
    install("bash", "0", "4.4.20", "5.el8");
    return rpmDisk("rocky", "8.10", locks);
  }

  /** A disk whose packages are those of the database. */
  private GuestFiles rpmDisk(String id, String version, String locks) {
    Map<String, String> files = files(id, version);
    files.put("/usr/bin/rpm", "");
    files.put("/etc/dnf/plugins/versionlock.list", locks);
    return disk(files);
  }

  private void install(String name, String epoch, String version, String release) throws Exception {
    RpmPackages.build(directory, name, epoch, version, release);
    Path file =
        directory.resolve("RPMS/noarch/%s-%s-%s.noarch.rpm".formatted(name, version, release));
    rpm("-i", "--justdb", "--nodeps", "--force-debian", file.toString());
  }

  private String rpm(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("rpm", "--dbpath", directory.resolve("database").toString()));
    command.addAll(List.of(arguments));
    return Program.of(command).run();
  }

  private GuestFiles disk(String id, String version) {
    return disk(files(id, version));
  }

  private static Map<String, String> files(String id, String version) {
    Map<String, String> files = new HashMap<>();
    files.put("/etc/os-release", "ID=%s\nVERSION_ID=\"%s\"\n".formatted(id, version));
    // Ubuntu has this file too, and it names Debian's releases, not Ubuntu's.
    files.put("/etc/debian_version", id.equals("debian") ? "12.5\n" : "trixie/sid\n");
    files.put("/var/lib/dpkg/status", STATUS);
    return files;
  }

  private GuestFiles disk(Map<String, String> files) {
    return new GuestFiles() {
      @Override
      public byte[] read(String path) throws IOException {
        String content = files.get(path);
        if (content == null) {
          throw new NoSuchFileException(path);
        }
        return content.getBytes(UTF_8);
      }

      @Override
      public boolean exists(String path) {
        return files.containsKey(path);
      }

      // This machine's rpm, on a database of its own.
      @Override
      public String run(String... command) throws IOException {
        if (command[0].equals("sh")) {
          return PREFERENCES;
        }
        assertThat(command[0]).isEqualTo("rpm");
        try {
          return rpm(Arrays.copyOfRange(command, 1, command.length));
        } catch (Exception e) {
          throw new IOException(e);
        }
      }
    };
  }
}
