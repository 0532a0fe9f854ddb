package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.channel.TestKey;
import dev.regild.channel.TestRepository;
import dev.regild.fixtures.HostTools;
import dev.regild.plan.Change;
import dev.regild.plan.ChangeKind;
import dev.regild.plan.UpdateOptions;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Guest;
import dev.regild.servicing.Guests;
import dev.regild.servicing.Isolation;
import dev.regild.servicing.PackageManager;
import dev.regild.servicing.SandboxGuest;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Install;
import dev.regild.servicing.Transaction.Removal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** What the real apt of this machine says of a status file and a repository of ours. */
@EnabledIf("canAsk")
class AptUpgradeIT {
  private static final UpdateOptions WITHOUT_HOOKS = new UpdateOptions(false, true);

  private static final String INSTALLED =
      stanza("libssl3", "3.0.20-1", "")
          + stanza("app", "1.0", "Pre-Depends: dpkg\nDepends: other | libssl3 (<< 3.0.21)\n")
          + stanza("came-along", "1.0", "Depends: libssl3 (<< 3.0.21)\n")
          + stanza("same", "1.0", "")
          + stanza("stuck", "1.0", "")
          + stanza("dpkg", "1.21", "");

  private static final String OFFERED =
      offer("libssl3", "3.0.21-1", "")
          + offer("same", "1.0", "Depends: libssl3 (>= 3.0.21)\n")
          + offer("stuck", "2.0", "Depends: not-to-be-had\n");

  @TempDir Path directory;

  static boolean canAsk() {
    return HostTools.areInstalled("apt-get", "bwrap");
  }

  @Test
  void removalsRebuiltPackagesAndWhatIsKeptBackAreTold() throws Exception {
    Snapshot snapshot = snapshot();
    UpdatePlan plan =
        new UpdatePlan(List.of(change("libssl3", "3.0.21-1"), change("stuck", "2.0")));
    try (Guest guest = guest()) {
      PackageManager apt = packageManager(guest, plan, UpdateOptions.NONE);
      Transaction transaction = apt.resolve(snapshot.directory());
      assertThat(transaction.installs())
          .containsExactlyInAnyOrder(
              new Install("libssl3", "3.0.20-1", "3.0.21-1"), new Install("same", "1.0", "1.0"));
      assertThat(transaction.removals())
          .containsExactlyInAnyOrder(
              new Removal("app", "1.0", true, "Depends: other | libssl3 (<< 3.0.21)"),
              new Removal("came-along", "1.0", false, "Depends: libssl3 (<< 3.0.21)"));
      assertThat(apt.whyKeptBack(change("stuck", "2.0")))
          .startsWith("the guest's apt: stuck")
          .contains("Depends: not-to-be-had");
    }
  }

  @Test
  void hooksAreTheImagesUnlessTheOperatorLeavesThemOut() throws Exception {
    Snapshot snapshot = snapshot();
    try (Guest guest = guest()) {
      packageManager(guest, new UpdatePlan(List.of()), WITHOUT_HOOKS).resolve(snapshot.directory());
      assertThat(guest.run("apt-config", "dump", "DPkg")).contains("remount,exec /tmp");
      assertThat(guest.run("apt-config", "-c", "/run/regild/without-hooks.conf", "dump", "DPkg"))
          .doesNotContain("remount")
          .doesNotContain("apt-listchanges")
          .contains("kept");
    }
  }

  private static PackageManager packageManager(
      Guest guest, UpdatePlan plan, UpdateOptions options) {
    Guests guests =
        new Guests(
            Isolation.NAMESPACE,
            () -> {
              throw new AssertionError("no appliance is needed");
            },
            Duration.ofMinutes(10));
    return new AptTool().of(guest, guests.applyLimit(), plan, options);
  }

  private Guest guest() throws Exception {
    Path dpkg = Files.createDirectories(directory.resolve("dpkg"));
    Files.createDirectories(dpkg.resolve("info"));
    Files.createDirectories(dpkg.resolve("updates"));
    Files.writeString(dpkg.resolve("status"), INSTALLED);
    Path state = Files.createDirectories(directory.resolve("state"));
    Files.writeString(
        state.resolve("extended_states"),
        "Package: came-along\nArchitecture: amd64\nAuto-Installed: 1\n\n");
    Path etc = Files.createDirectories(directory.resolve("etc"));
    Files.createDirectories(etc.resolve("apt.conf.d"));
    Files.createDirectories(etc.resolve("preferences.d"));
    Files.writeString(
        etc.resolve("apt.conf.d/99hardened"),
        """
        DPkg::Post-Invoke { "mount -o remount,exec /tmp"; };
        DPkg::Pre-Invoke { "mount -o remount,rw /tmp"; };
        DPkg::Pre-Install-Pkgs { "apt-listchanges --apt"; };
        DPkg::Kept "kept";
        """);
    return new SandboxGuest(
        directory, Map.of("/var/lib/dpkg", dpkg, "/var/lib/apt", state, "/etc/apt", etc));
  }

  private Snapshot snapshot() throws Exception {
    TestKey key = TestKey.simple();
    Path root = Files.createDirectory(directory.resolve("repository"));
    try (TestRepository repository = new TestRepository(root)) {
      repository.publish(key, Map.of(), OFFERED.getBytes(UTF_8));
    }
    Clock clock = Clock.fixed(Instant.parse("2026-01-02T00:00:00Z"), ZoneOffset.UTC);
    ChannelStore channels =
        new ChannelStore(Files.createDirectories(directory.resolve("data")), clock);
    channels.add(
        new Channel(
            "test",
            "DEBIAN_12",
            List.of(
                new AptSource(
                    List.of("file://" + root),
                    List.of("stable"),
                    List.of("main"),
                    List.of("amd64"),
                    key.armored()))));
    channels.refresh("test");
    return channels.current("test").orElseThrow();
  }

  private static Change change(String name, String to) {
    return new Change(ChangeKind.OS, name, "amd64", "1.0", to);
  }

  private static String stanza(String name, String version, String relations) {
    return """
    Package: %s
    Status: install ok installed
    Priority: optional
    Section: misc
    Installed-Size: 1
    Maintainer: A <a@example.org>
    Architecture: amd64
    Version: %s
    %sDescription: test

    """
        .formatted(name, version, relations);
  }

  private static String offer(String name, String version, String relations) {
    return """
    Package: %s
    Version: %s
    Architecture: amd64
    Installed-Size: 1
    Maintainer: A <a@example.org>
    %sDescription: test
    Filename: pool/%s.deb
    Size: 1
    SHA256: %s

    """
        .formatted(name, version, relations, name, "0".repeat(64));
  }
}
