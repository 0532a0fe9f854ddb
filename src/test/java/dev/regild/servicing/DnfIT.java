package dev.regild.servicing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.Channels;
import dev.regild.channel.RpmSource;
import dev.regild.channel.Snapshot;
import dev.regild.fixtures.RpmPackages;
import dev.regild.machine.Program;
import dev.regild.plan.Change;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.Planner;
import dev.regild.plan.UpdatePlan;
import dev.regild.servicing.Transaction.Install;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** What the real dnf of this machine would do, asked with a database and a repository of ours. */
@EnabledIf("canAsk")
class DnfIT {
  private static final String NONE = "";

  @TempDir Path directory;
  private Path database = Path.of("");
  private Path settings = Path.of("");

  @SuppressWarnings("NullAway.Init")
  private Snapshot snapshot;

  static boolean canAsk() {
    return RpmPackages.canBeMade()
        && Files.isExecutable(Path.of("/usr/bin/dnf"))
        && Files.isExecutable(Path.of("/usr/bin/bwrap"));
  }

  @BeforeEach
  void makePackages() throws Exception {
    Path own = Files.createDirectory(directory.resolve("own"));
    build(
        own,
        "rocky-release",
        "8.10",
        "1",
        "Provides: system-release = 8.10\nProvides: system-release(releasever) = 8");
    build(own, "kernel-core", "4.18.0", "477.el8", "Provides: installonlypkg(kernel)");
    build(own, "kernel-core", "4.18.0", "513.el8", "Provides: installonlypkg(kernel)");
    build(own, "openssl-libs", "1.1.1k", "9.el8", NONE);
    build(own, "old-name", "1.0", "1.el8", NONE);
    build(own, "tool", "1.0", "1.el8", NONE);
    database = Files.createDirectory(directory.resolve("rpmdb"));
    List<String> install = new ArrayList<>(List.of("rpm", "--dbpath", database.toString()));
    install.addAll(List.of("--install", "--justdb", "--force-debian"));
    install.addAll(packages(own));
    Program.of(install).run();
    settings = Files.createDirectory(directory.resolve("dnf"));
    configure("installonly_limit=2");

    Path offered = Files.createDirectory(directory.resolve("offered"));
    build(offered, "kernel-core", "4.18.0", "553.el8", "Provides: installonlypkg(kernel)");
    build(offered, "openssl-libs", "1.1.1k", "12.el8", "Requires: openssl-policy");
    build(offered, "openssl-libs", "1.1.1k", "13.el8", NONE);
    build(offered, "openssl-policy", "1", "1.el8", NONE);
    build(offered, "new-name", "2.0", "1.el8", "Obsoletes: old-name < 2.0");
    build(offered, "tool", "2.0", "1.el8", NONE);
    Path repository = offered.resolve("RPMS");
    RpmPackages.index(repository, 1_780_000_000);
    RpmPackages.addUpdateinfo(repository, "openssl-libs", "0", "1.1.1k", "12.el8");
    snapshot = snapshotOf(repository);
  }

  @Test
  void aFullUpgradeIsWhatThePlanPromises() throws Exception {
    UpdatePlan plan = plan(snapshot);
    Transaction transaction = resolve(plan);
    assertThat(transaction.installs())
        .containsExactlyInAnyOrder(
            new Install("kernel-core", "", "4.18.0-553.el8"),
            new Install("new-name", "", "2.0-1.el8"),
            new Install("openssl-libs", "1.1.1k-9.el8", "1.1.1k-13.el8"),
            new Install("tool", "1.0-1.el8", "2.0-1.el8"));
    assertThat(plan.changes())
        .extracting(Change::name)
        .containsExactlyInAnyOrder("kernel-core", "new-name", "openssl-libs", "tool");
    assertThat(transaction.removals())
        .as("what is obsoleted, and kernels beyond the limit")
        .containsExactlyInAnyOrder("old-name 1.0-1.el8", "kernel-core 4.18.0-477.el8");
  }

  @Test
  void anUpgradeLimitedToSecurityBringsItsVersionsAndWhatTheyNeed() throws Exception {
    UpdatePlan plan = plan(snapshot.limitedToSecurity());
    assertThat(plan.changes())
        .extracting(change -> change.name() + " " + change.to())
        .containsExactly("openssl-libs 1.1.1k-12.el8");
    Transaction transaction = resolve(plan);
    assertThat(transaction.installs())
        .containsExactlyInAnyOrder(
            new Install("openssl-libs", "1.1.1k-9.el8", "1.1.1k-12.el8"),
            new Install("openssl-policy", "", "1-1.el8"));
    assertThat(transaction.removals()).isEmpty();
  }

  @Test
  void aKernelThatIsAskedForByVersionKeepsToTheLimitOfKernels() throws Exception {
    Change kernel =
        plan(snapshot).changes().stream()
            .filter(change -> change.name().equals("kernel-core"))
            .findFirst()
            .orElseThrow();
    Transaction transaction = resolve(new UpdatePlan(List.of(kernel), true));
    assertThat(transaction.installs())
        .containsExactly(new Install("kernel-core", "", "4.18.0-553.el8"));
    assertThat(transaction.removals()).containsExactly("kernel-core 4.18.0-477.el8");
  }

  @Test
  void whatTheImageExcludesStaysOutEvenWhenItMendsSecurity() throws Exception {
    configure("excludepkgs=openssl-libs");
    Transaction transaction = resolve(plan(snapshot.limitedToSecurity()));
    assertThat(transaction.installs()).isEmpty();
  }

  private Transaction resolve(UpdatePlan plan) throws Exception {
    Path history = Files.createDirectories(directory.resolve("history"));
    // Debian's rpm keeps root's database in root's home.
    Map<String, Path> inPlaceOf =
        Map.of("/root/.rpmdb", database, "/etc/dnf", settings, "/var/lib/dnf", history);
    try (Guest guest = new SandboxGuest(directory, inPlaceOf)) {
      return new Dnf(guest, Duration.ofMinutes(1), plan).resolve(snapshot.directory());
    }
  }

  private UpdatePlan plan(Snapshot available) throws Exception {
    List<InstalledPackage> installed =
        Program.of(
                "rpm",
                "--dbpath",
                database.toString(),
                "-qa",
                "--qf",
                "%{NAME} %{ARCH} %{VERSION}-%{RELEASE}\\n")
            .run()
            .lines()
            .map(line -> line.split(" ", -1))
            .map(words -> new InstalledPackage(words[0], words[1], words[2], false))
            .toList();
    return Planner.plan(installed, available, channel("https://mirror.example/os").planRules());
  }

  private void configure(String line) throws IOException {
    Files.writeString(settings.resolve("dnf.conf"), "[main]\nbest=True\n" + line + "\n");
  }

  private Snapshot snapshotOf(Path repository) throws Exception {
    Channels channels = new Channels(directory.resolve("data"), Clock.systemUTC());
    channels.add(channel("file://" + repository));
    channels.refresh("rocky");
    return channels.current("rocky").orElseThrow();
  }

  private static Channel channel(String baseUrl) {
    return new Channel(
        "rocky", "ROCKY_LINUX8", List.of(new RpmSource(baseUrl, RpmSource.hostArchitecture(), "")));
  }

  private static void build(Path into, String name, String version, String release, String more)
      throws Exception {
    RpmPackages.build(
        into,
        """
        Name: %s
        Version: %s
        Release: %s
        Summary: A test
        License: MIT
        BuildArch: noarch
        %s
        %%description
        A test.
        %%files
        """
            .formatted(name, version, release, more));
  }

  private static List<String> packages(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.map(Path::toString).filter(name -> name.endsWith(".rpm")).toList();
    }
  }
}
