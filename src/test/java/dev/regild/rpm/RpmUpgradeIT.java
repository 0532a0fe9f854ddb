package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.Snapshot;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.RpmPackages;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.Program;
import dev.regild.plan.AvailablePackages;
import dev.regild.plan.Change;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.Planner;
import dev.regild.plan.UpdatePlan;
import dev.regild.plan.UpdatePolicy;
import dev.regild.servicing.Guest;
import dev.regild.servicing.PackageManager;
import dev.regild.servicing.SandboxGuest;
import dev.regild.servicing.Transaction;
import dev.regild.servicing.Transaction.Install;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the real dnf of this machine does with a database and a repository of ours. It also stands
 * in for yum, which Debian no longer has: dnf keeps to yum's command line and to the form of its
 * table. What only a real yum can show is whether its table is like that in every case.
 */
@EnabledIf("canAsk")
class RpmUpgradeIT {
  private static final String NONE = "";
  private static final String PLUGINS = "/usr/lib/python3/dist-packages/dnf-plugins";

  @TempDir Path directory;
  private Path database = Path.of("");
  private Path etc = Path.of("");
  private Path repository = Path.of("");

  @SuppressWarnings("NullAway.Init")
  private Snapshot snapshot;

  static boolean canAsk() {
    return RpmPackages.canBeMade() && HostTools.areInstalled("dnf", "bwrap");
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
    etc = Files.createDirectory(directory.resolve("etc"));
    Files.createDirectory(etc.resolve("dnf"));
    configure("installonly_limit=2");

    Path offered = Files.createDirectory(directory.resolve("offered"));
    build(offered, "kernel-core", "4.18.0", "553.el8", "Provides: installonlypkg(kernel)");
    build(offered, "openssl-libs", "1.1.1k", "12.el8", "Requires: openssl-policy");
    build(offered, "openssl-libs", "1.1.1k", "13.el8", NONE);
    build(offered, "openssl-policy", "1", "1.el8", NONE);
    build(offered, "new-name", "2.0", "1.el8", "Obsoletes: old-name < 2.0");
    build(offered, "tool", "2.0", "1.el8", NONE);
    repository = offered.resolve("RPMS");
    RpmPackages.index(repository, 1_780_000_000);
    RpmPackages.addUpdateinfo(repository, "openssl-libs", "0", "1.1.1k", "12.el8");
    snapshot = snapshot();
  }

  @ParameterizedTest
  @EnumSource(RpmUpgrade.Tool.class)
  void aFullUpgradeIsWhatThePlanPromises(RpmUpgrade.Tool tool) throws Exception {
    UpdatePlan plan = plan(snapshot);
    Transaction transaction = resolve(tool, plan);
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
        .extracting(each -> each.name() + " " + each.version())
        .as("what is obsoleted, and kernels beyond the limit")
        .containsExactlyInAnyOrder("old-name 1.0-1.el8", "kernel-core 4.18.0-477.el8");
  }

  @ParameterizedTest
  @EnumSource(RpmUpgrade.Tool.class)
  void whatABerkeleyDbNotedOfProcessesIsRemovedBeforeRpmIsAsked(RpmUpgrade.Tool tool)
      throws Exception {
    Path stale = Files.writeString(database.resolve("__db.001"), "of another machine");
    assertThat(resolve(tool, plan(snapshot)).installs()).isNotEmpty();
    assertThat(stale).doesNotExist();
  }

  @ParameterizedTest
  @EnumSource(RpmUpgrade.Tool.class)
  void anUpgradeLimitedToSecurityBringsItsVersionsAndWhatTheyNeed(RpmUpgrade.Tool tool)
      throws Exception {
    UpdatePlan plan = plan(snapshot.limitedToSecurity());
    assertThat(plan.changes())
        .extracting(change -> change.name() + " " + change.to())
        .containsExactly("openssl-libs 1.1.1k-12.el8");
    Transaction transaction = resolve(tool, plan);
    assertThat(transaction.installs())
        .containsExactlyInAnyOrder(
            new Install("openssl-libs", "1.1.1k-9.el8", "1.1.1k-12.el8"),
            new Install("openssl-policy", "", "1-1.el8"));
    assertThat(transaction.removals()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(RpmUpgrade.Tool.class)
  void aKernelThatIsAskedForByVersionKeepsToTheLimitOfKernels(RpmUpgrade.Tool tool)
      throws Exception {
    Change kernel =
        plan(snapshot).changes().stream()
            .filter(change -> change.name().equals("kernel-core"))
            .findFirst()
            .orElseThrow();
    Transaction transaction = resolve(tool, new UpdatePlan(List.of(kernel), true));
    assertThat(transaction.installs())
        .containsExactly(new Install("kernel-core", "", "4.18.0-553.el8"));
    assertThat(transaction.removals())
        .extracting(each -> each.name() + " " + each.version())
        .containsExactly("kernel-core 4.18.0-477.el8");
  }

  @ParameterizedTest
  @EnumSource(RpmUpgrade.Tool.class)
  void whatTheImageExcludesStaysOutEvenWhenItMendsSecurity(RpmUpgrade.Tool tool) throws Exception {
    configure("excludepkgs=openssl-libs");
    Transaction transaction = resolve(tool, plan(snapshot.limitedToSecurity()));
    assertThat(transaction.installs()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tool",
        "t?ol",
        "kernel*",
        "openssl-libs-1.1.1k-13.el8",
        "openssl-libs-0:1.1.1k-13.el8.noarch",
        "openssl-libs-1.1.1k",
        "openssl-*",
        "new-name",
        "tool.noarch",
        "tool.x86_64",
        "*"
      })
  void thePlanHonoursExcludesAsDnfDoes(String pattern) throws Exception {
    configure("excludepkgs=" + pattern);
    UpdatePolicy policy =
        new UpdatePolicy("", List.of(), List.of(), List.of(pattern), List.of(), false);
    UpdatePlan plan =
        plan(
            snapshot.availableTo(
                new Inventory(
                    new OperatingSystem("ROCKY_LINUX8", "", "8"),
                    "x86_64",
                    installed(),
                    Collections.emptySortedMap(),
                    policy)));
    Transaction transaction = resolve(RpmUpgrade.Tool.DNF, plan);
    assertThat(transaction.installs().stream().map(each -> each.name() + " " + each.to()))
        .filteredOn(each -> !each.startsWith("openssl-policy"))
        .containsExactlyInAnyOrderElementsOf(
            plan.changes().stream().map(each -> each.name() + " " + each.to()).toList());
  }

  @ParameterizedTest
  @EnumSource(RpmUpgrade.Tool.class)
  void whatIsNotPossibleIsKeptBackWithItsReasonAndTheRestComes(RpmUpgrade.Tool tool)
      throws Exception {
    build(directory.resolve("offered"), "tool", "3.0", "1.el8", "Requires: not-to-be-had");
    RpmPackages.index(repository, 1_790_000_000);
    snapshot = snapshot("later", List.of(source(repository, false)));
    UpdatePlan plan = plan(snapshot);
    assertThat(plan.changes()).anySatisfy(each -> assertThat(each.to()).isEqualTo("3.0-1.el8"));
    try (Guest guest = guest()) {
      RpmUpgrade upgrade = new RpmUpgrade(guest, Duration.ofMinutes(10), plan, tool);
      assertThat(upgrade.resolve(snapshot.directory()).installs())
          .contains(new Install("openssl-libs", "1.1.1k-9.el8", "1.1.1k-13.el8"))
          .doesNotContain(new Install("tool", "1.0-1.el8", "3.0-1.el8"));
      assertThat(upgrade.whyKeptBack(plan.changes().getFirst())).contains("not-to-be-had");
    }
  }

  @ParameterizedTest
  @EnumSource(RpmUpgrade.Tool.class)
  void whatTheHostFetchedIsInstalled(RpmUpgrade.Tool tool) throws Exception {
    try (Guest guest = guest()) {
      PackageManager upgrade = new RpmUpgrade(guest, Duration.ofMinutes(10), plan(snapshot), tool);
      Transaction transaction = upgrade.resolve(snapshot.directory());
      Path fetched = Files.createDirectory(directory.resolve("fetched"));
      for (Transaction.Download each : transaction.downloads()) {
        String name = each.uri().substring(each.uri().lastIndexOf('/') + 1);
        Files.copy(repository.resolve("noarch").resolve(name), fetched.resolve(each.fileName()));
      }
      upgrade.apply(transaction, fetched, progress -> {});
      upgrade.verify();
    }
    assertThat(installed())
        .extracting(each -> each.name() + " " + each.version())
        .containsExactlyInAnyOrder(
            "rocky-release 8.10-1",
            "kernel-core 4.18.0-513.el8",
            "kernel-core 4.18.0-553.el8",
            "openssl-libs 1.1.1k-13.el8",
            "new-name 2.0-1.el8",
            "tool 2.0-1.el8");
  }

  /**
   * As Amazon's, far outside of the repository; on another server, by {@code xml:base}; and below
   * the root by the same, with SHA-512, beside a newer package that nothing proves.
   */
  @ParameterizedTest
  @EnumSource(RpmUpgrade.Tool.class)
  void packagesAreInstalledWhereverTheirRepositoriesHaveThem(RpmUpgrade.Tool tool)
      throws Exception {
    Path amazon = Files.createDirectories(directory.resolve("srv/2/core/2.0/x86_64/abc"));
    Path blobs = Files.createDirectories(directory.resolve("srv/blobstore"));
    Path other = Files.createDirectory(directory.resolve("other"));
    Path mixed = Files.createDirectory(directory.resolve("mixed"));
    build(blobs, "openssl-libs", "1.1.1k", "14.el8", NONE);
    build(other, "new-name", "2.1", "1.el8", "Obsoletes: old-name < 2.0");
    build(mixed, "tool", "2.0^git1", "1.el8", NONE);
    build(directory, "tool", "3.0", "1.el8", NONE);
    HttpServer server =
        SimpleFileServer.createFileServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            other.resolve("RPMS"),
            SimpleFileServer.OutputLevel.NONE);
    server.start();
    try {
      index(blobs.resolve("RPMS"), amazon, "--location-prefix", "../../../../../blobstore/RPMS");
      index(
          other.resolve("RPMS"),
          other,
          "--baseurl",
          "http://127.0.0.1:" + server.getAddress().getPort() + "/");
      index(mixed.resolve("RPMS"), mixed, "--baseurl", "RPMS", "--checksum", "sha512");
      addOdd(mixed);
      snapshot = snapshot(amazon, other, mixed);
      installFrom(snapshot, tool);
    } finally {
      server.stop(0);
    }
    assertThat(installed())
        .extracting(each -> each.name() + " " + each.version())
        .contains("openssl-libs 1.1.1k-14.el8", "new-name 2.1-1.el8", "tool 2.0^git1-1.el8");
  }

  /** As nginx's repository beside AppStream's module: dnf itself honours the setting. */
  @Test
  void packagesOfARepositoryOfHotfixesReachDnf() throws Exception {
    Path modular = Files.createDirectory(directory.resolve("modular"));
    Path hotfixes = Files.createDirectory(directory.resolve("hotfixes"));
    build(modular, "tool", "1.5", "1.el8", NONE);
    build(hotfixes, "tool", "3.0", "1.el8", NONE);
    RpmPackages.index(modular.resolve("RPMS"), 1_780_000_000);
    RpmPackages.addModules(modular.resolve("RPMS"), MODULES);
    RpmPackages.index(hotfixes.resolve("RPMS"), 1_780_000_000);
    for (boolean hotfix : List.of(false, true)) {
      String expected = hotfix ? "3.0-1.el8" : "1.5-1.el8";
      snapshot =
          snapshot(
              List.of(
                  source(modular.resolve("RPMS"), false),
                  source(hotfixes.resolve("RPMS"), hotfix)));
      UpdatePlan plan = plan(snapshot);
      assertThat(plan.changes()).extracting(Change::to).containsExactly(expected);
      try (Guest guest = guest()) {
        Transaction transaction =
            new RpmUpgrade(guest, Duration.ofMinutes(10), plan, RpmUpgrade.Tool.DNF)
                .resolve(snapshot.directory());
        assertThat(transaction.installs())
            .containsExactly(new Install("tool", "1.0-1.el8", expected));
      }
      for (String each : List.of("programs", "plugins", "history", "run", "etc/passwd")) {
        Program.of("rm", "-r", directory.resolve(each).toString()).run();
      }
    }
  }

  private static final String MODULES =
      """
      ---
      document: modulemd
      version: 2
      data:
        name: tools
        stream: "1"
        version: 1
        context: aaaaaaaa
        arch: x86_64
        summary: A test
        description: A test
        license: {module: [MIT]}
        artifacts: {rpms: ["tool-0:1.5-1.el8.noarch"]}
      ...
      ---
      document: modulemd-defaults
      version: 1
      data: {module: tools, stream: "1", profiles: {"1": [common]}}
      ...
      """;

  private static RpmSource source(Path root, boolean hotfixes) {
    return new RpmSource(
        RpmSource.Locator.BASEURL,
        "file://" + root,
        RpmSource.hostArchitecture(),
        "",
        hotfixes,
        Route.DEFAULT);
  }

  private static void index(Path packages, Path root, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of("createrepo_c", "--quiet", "--no-database"));
    command.addAll(List.of(options));
    command.addAll(List.of("--compress-type", "gz", "--outputdir", root.toString()));
    command.add(packages.toString());
    Program.of(command).run();
  }

  /** Puts tool 3.0 into the index, with nothing but SHA-1, and names the index by no size. */
  private void addOdd(Path root) throws Exception {
    Path repodata = root.resolve("repodata");
    Path packed;
    try (Stream<Path> files = Files.list(repodata)) {
      packed =
          files
              .filter(file -> file.toString().endsWith("primary.xml.gz"))
              .findFirst()
              .orElseThrow();
    }
    String primary;
    try (InputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
      primary = new String(in.readAllBytes(), UTF_8);
    }
    String tool = primary.substring(primary.indexOf("<package "), primary.indexOf("</metadata>"));
    String odd =
        tool.replace("2.0^git1", "3.0")
            .replaceFirst("\"sha512\"([^>]*)>[0-9a-f]{88}", "\"sha\"$1>");
    byte[] content = primary.replace("</metadata>", odd + "</metadata>").getBytes(UTF_8);
    Files.write(repodata.resolve("primary.xml"), content);
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-512").digest(content));
    Files.writeString(
        repodata.resolve("repomd.xml"),
        """
        <repomd><data type="primary"><checksum type="sha512">%s</checksum>
        <location href="repodata/primary.xml"/></data></repomd>
        """
            .formatted(hash));
  }

  /** As an update does: the host fetches what the guest asks for, as the index names it. */
  private void installFrom(Snapshot from, RpmUpgrade.Tool tool) throws Exception {
    UpdatePlan plan = plan(from);
    try (Guest guest = guest()) {
      PackageManager upgrade = new RpmUpgrade(guest, Duration.ofMinutes(10), plan, tool);
      Transaction transaction = upgrade.resolve(from.directory());
      Map<String, String> names = new HashMap<>();
      transaction.downloads().forEach(each -> names.put(each.uri(), each.fileName()));
      Map<String, PackageFile> files = from.packageFiles(names.keySet());
      PackageCache cache = new PackageCache(directory.resolve("data"));
      Map<PackageFile, Path> contents = cache.fetch(files.values(), 2, _ -> {});
      Path fetched = Files.createDirectory(directory.resolve("fetched"));
      for (Map.Entry<String, PackageFile> each : files.entrySet()) {
        Files.copy(contents.get(each.getValue()), fetched.resolve(names.get(each.getKey())));
      }
      upgrade.apply(transaction, fetched, progress -> {});
      upgrade.verify();
    }
  }

  private Transaction resolve(RpmUpgrade.Tool tool, UpdatePlan plan) throws Exception {
    try (Guest guest = guest()) {
      return new RpmUpgrade(guest, Duration.ofMinutes(10), plan, tool)
          .resolve(snapshot.directory());
    }
  }

  private Guest guest() throws Exception {
    Files.copy(Path.of("/etc/passwd"), etc.resolve("passwd"));
    Path programs = Files.createDirectory(directory.resolve("programs"));
    Files.createSymbolicLink(programs.resolve("yum"), Path.of("/usr/bin/dnf"));
    Path history = Files.createDirectory(directory.resolve("history"));
    Map<String, Path> inPlaceOf = new HashMap<>();
    // Debian's rpm would look for root's database in root's home.
    Files.writeString(
        Files.createDirectories(etc.resolve("rpm")).resolve("macros"), "%_dbpath /var/lib/rpm\n");
    inPlaceOf.put("/var/lib/rpm", database);
    inPlaceOf.put("/etc", etc);
    inPlaceOf.put("/usr/local/bin", programs);
    inPlaceOf.put("/var/lib/dnf", history);
    // Plugins that this machine happens to have would miss their configuration in our /etc.
    Path plugins = Files.createDirectory(directory.resolve("plugins"));
    if (Files.isDirectory(Path.of(PLUGINS))) {
      inPlaceOf.put(PLUGINS, plugins);
    }
    return new SandboxGuest(directory, inPlaceOf);
  }

  private UpdatePlan plan(AvailablePackages available) throws Exception {
    return Planner.plan(installed(), available, channel("https://mirror.example/os").planRules());
  }

  private List<InstalledPackage> installed() throws Exception {
    return Program.of(
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
  }

  private void configure(String line) throws IOException {
    String main = "[main]\nbest=True\n" + line + "\n";
    Files.writeString(etc.resolve("dnf/dnf.conf"), main);
    Files.writeString(etc.resolve("yum.conf"), main);
  }

  private Snapshot snapshot() throws Exception {
    return snapshot(repository);
  }

  private Snapshot snapshot(Path... roots) throws Exception {
    return snapshot(Stream.of(roots).map(root -> source(root, false)).toList());
  }

  private Snapshot snapshot(List<RpmSource> sources) throws Exception {
    return snapshot("data", sources);
  }

  private Snapshot snapshot(String data, List<RpmSource> sources) throws Exception {
    ChannelStore channels =
        new ChannelStore(Files.createDirectories(directory.resolve(data)), Clock.systemUTC());
    if (channels.find("rocky").isPresent()) {
      channels.remove("rocky");
    }
    channels.add(new Channel("rocky", "ROCKY_LINUX8", sources));
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
