package dev.regild.apt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.channel.TestRepository.Deb;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot chooses what the real apt chooses, and the real apt can work from it. */
class AptIT {
  private static final List<InstalledPackage> INSTALLED =
      List.of(
          installed("plain", "amd64", "1.0-1"),
          installed("current", "amd64", "1.0-1"),
          installed("epoch", "amd64", "9.0-1"),
          installed("tilde", "amd64", "1.0-1"),
          installed("local", "amd64", "5.0-1"),
          installed("backported", "amd64", "2.0-1~bpo1"),
          installed("stable-of-both", "amd64", "1.0-1"),
          installed("only-backports", "amd64", "1.0-1"),
          installed("only-experimental", "amd64", "1.0-1"),
          installed("becomes-all", "amd64", "1.0-1"),
          installed("becomes-amd64", "all", "1.0-1"),
          installed("c++plus", "amd64", "1.0-1"));

  @TempDir Path temporary;

  @Test
  void candidatesAndUrisAreThoseOfTheRealApt() throws Exception {
    TestKey key = TestKey.simple();
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(temporary.resolve("repository")))) {
      publish(repository, key);
      Snapshot snapshot = refreshed(repository.uri(), key);
      compare(snapshot, repository.uri() + "/");
    }
  }

  @Test
  void aFileRepositoryWorksInTheSameWay() throws Exception {
    TestKey key = TestKey.simple();
    Path root = Files.createDirectory(temporary.resolve("repository"));
    try (TestRepository repository = new TestRepository(root)) {
      publish(repository, key);
    }
    compare(refreshed("file://" + root, key), "file:");
  }

  /** Each a file of preferences and a default release; all that apt knows how to say. */
  static List<List<String>> owners() {
    return List.of(
        List.of("", "stable"),
        List.of("", "n=experimental"),
        List.of("", "/^exp/"),
        List.of("Package: *\nPin: release a=backports\nPin-Priority: 500\n", ""),
        List.of("Package: *\nPin: release a=stable\nPin-Priority: -1\n", ""),
        List.of("Package: *\nPin: release *\nPin-Priority: 50\n", ""),
        List.of("Package: *\nPin: release o=Test,l=Nobody\nPin-Priority: 900\n", ""),
        List.of("Package: *\nPin: release c=main, a=experimental\nPin-Priority: 600\n", "stable"),
        List.of("Package: *\nPin: origin 127.0.0.1\nPin-Priority: 90\n", ""),
        List.of("Package: *\nPin: origin \"elsewhere\"\nPin-Priority: 90\n", ""),
        List.of("Package: plain\nPin: version 1.0-1\nPin-Priority: 1001\n", ""),
        List.of("Package: plain\nPin: version 3.*\nPin-Priority: 900\n", ""),
        List.of("Package: local epoch\nPin: version *\nPin-Priority: 1000\n", ""),
        List.of("Package: local\nPin: version 4.0*\nPin-Priority: 1000\n", ""),
        List.of("Package: local\nPin: version 4.0*\nPin-Priority: 999\n", ""),
        List.of("Package: p* c++*\nPin: release a=stable\nPin-Priority: -10\n", ""),
        List.of("Package: /^only-/\nPin: release a=backports\nPin-Priority: 990\n", ""),
        List.of("Package: /^only-(/\nPin: release a=backports\nPin-Priority: 990\n", ""),
        List.of(
            "Package: only-experimental:amd64\nPin: release experimental\nPin-Priority: 700\n", ""),
        List.of(
            "Package: only-experimental:i386\nPin: release experimental\nPin-Priority: 700\n", ""),
        List.of(
            "Package: only-experimental:any\nPin: release experimental\nPin-Priority: 700\n", ""),
        List.of(
            """
            # the first that is about a version counts
            Package: plain
            Pin: release a=stable
            Pin-Priority: -1

            Explanation: too late
            Package: plain
            Pin: release a=stable
            Pin-Priority: 900
            """,
            ""),
        List.of(
            """
            Package: *
            Pin: release a=stable
            Pin-Priority: 900

            Package: *
            Pin: release a=stable
            Pin-Priority: never
            """,
            ""),
        List.of(
            """
            Package: *
            Pin: release a=stable
            Pin-Priority: -5

            Package: plain
            Pin: release a=stable
            Pin-Priority: 501
            """,
            ""));
  }

  @Test
  void pinsCountAsTheyDoForTheRealApt() throws Exception {
    TestKey key = TestKey.simple();
    try (TestRepository repository =
        new TestRepository(Files.createDirectory(temporary.resolve("repository")))) {
      publish(repository, key);
      Snapshot snapshot = refreshed(repository.uri(), key);
      Path status = status();
      int number = 0;
      for (List<String> owner : owners()) {
        number++;
        Path preferences = Files.writeString(temporary.resolve("pins" + number), owner.getFirst());
        HostApt apt =
            new HostApt(
                temporary.resolve("apt" + number), snapshot, status, preferences, owner.getLast());
        Snapshot offered =
            (Snapshot)
                snapshot.availableTo(
                    new Inventory(
                        new OperatingSystem("DEBIAN_12", "", "12"),
                        "amd64",
                        INSTALLED,
                        Collections.emptySortedMap(),
                        AptPolicy.parse(said(owner.getLast(), owner.getFirst()))));
        Map<String, String> ours = new TreeMap<>();
        INSTALLED.forEach(p -> offered.upgradeOf(p).ifPresent(v -> ours.put(p.name(), v)));
        assertThat(ours).as("%s", owner).isEqualTo(apt.fullUpgrade());
      }
    }
  }

  /** As the guest's apt-config and its files say it. */
  private static String said(String release, String preferences) {
    return "RELEASE='%s'\n\n#regild-preferences /etc/apt/preferences\n%s"
        .formatted(release, preferences);
  }

  private void compare(Snapshot snapshot, String uriStart) throws Exception {
    HostApt apt = new HostApt(temporary.resolve("apt"), snapshot, status());
    Map<String, String> ours = new TreeMap<>();
    INSTALLED.forEach(p -> snapshot.upgradeOf(p).ifPresent(v -> ours.put(p.name(), v)));
    assertThat(ours).hasSize(7).isEqualTo(apt.upgradable());

    HostApt.Answer answer = apt.run("apt-get", "--print-uris", "-qq", "-y", "full-upgrade");
    assertThat(answer.warnings()).isEmpty();
    Set<String> uris = new HashSet<>();
    Map<String, String> names = new TreeMap<>();
    for (String line : answer.output().lines().toList()) {
      String[] words = line.split(" ", -1);
      String uri = words[0].replace("'", "");
      assertThat(words[3]).startsWith("SHA256:");
      uris.add(uri);
      names.put(uri, words[1] + " " + words[2] + " " + words[3].substring("SHA256:".length()));
    }
    assertThat(uris).hasSize(7).allMatch(uri -> uri.startsWith(uriStart));
    Map<String, String> found = new TreeMap<>();
    snapshot
        .packageFiles(uris)
        .forEach((uri, f) -> found.put(uri, f.fileName() + " " + f.size() + " " + f.hash()));
    assertThat(found).isEqualTo(names);
  }

  private static void publish(TestRepository repository, TestKey key) throws Exception {
    String stable =
        repository.suite(
            "stable",
            Map.of(),
            List.of(
                new Deb("plain", "1.0-2"),
                new Deb("current", "1.0-1"),
                new Deb("epoch", "1:0.1-1"),
                new Deb("tilde", "1.0-1~rc1"),
                new Deb("local", "4.0-1"),
                new Deb("backported", "1.0-1"),
                new Deb("stable-of-both", "1.0-1"),
                new Deb("becomes-all", "2.0-1", "all", new byte[] {1}),
                new Deb("becomes-amd64", "2.0-1"),
                new Deb("c++plus", "2:1.0+x-1")));
    repository.inRelease("stable", key.clearSigned(stable));
    String backports =
        repository.suite(
            "backports",
            Map.of("NotAutomatic", "yes", "ButAutomaticUpgrades", "yes"),
            List.of(
                new Deb("backported", "2.0-1~bpo2"),
                new Deb("stable-of-both", "2.0-1~bpo1"),
                new Deb("only-backports", "2.0-1~bpo1")));
    repository.inRelease("backports", key.clearSigned(backports));
    String experimental =
        repository.suite(
            "experimental",
            Map.of("NotAutomatic", "yes"),
            List.of(new Deb("only-experimental", "3.0-1"), new Deb("plain", "3.0-1")));
    repository.inRelease("experimental", key.clearSigned(experimental));
  }

  private Snapshot refreshed(String uri, TestKey key) throws Exception {
    Clock clock = Clock.fixed(Instant.parse("2026-01-02T00:00:00Z"), ZoneOffset.UTC);
    ChannelStore channels =
        new ChannelStore(Files.createDirectories(temporary.resolve("data")), clock);
    channels.add(
        new Channel(
            "test",
            "DEBIAN_12",
            List.of(
                new AptSource(
                    List.of(uri),
                    List.of("stable", "backports", "experimental"),
                    List.of("main"),
                    List.of("amd64"),
                    key.armored()))));
    channels.refresh("test");
    return channels.current("test").orElseThrow();
  }

  private Path status() throws Exception {
    StringBuilder status = new StringBuilder();
    for (InstalledPackage each : INSTALLED) {
      status
          .append("Package: " + each.name() + "\nStatus: install ok installed\nPriority: optional")
          .append("\nSection: misc\nInstalled-Size: 1\nMaintainer: A <a@example.org>")
          .append("\nArchitecture: " + each.architecture() + "\nVersion: " + each.version())
          .append("\nDescription: test\n\n");
    }
    return Files.writeString(temporary.resolve("status"), status.toString());
  }

  private static InstalledPackage installed(String name, String architecture, String version) {
    return new InstalledPackage(name, architecture, version, false);
  }
}
