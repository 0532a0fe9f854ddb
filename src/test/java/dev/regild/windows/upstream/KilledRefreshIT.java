package dev.regild.windows.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.RefreshOptions;
import dev.regild.fetch.PackageCache;
import dev.regild.fetch.PackageFile;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.files.Sha256;
import dev.regild.fixtures.CodeSigner;
import dev.regild.fixtures.TlsKeys;
import dev.regild.fixtures.TunnelProxy;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Device;
import dev.regild.windows.catalogue.CatalogueEntry;
import dev.regild.windows.catalogue.FollowedPackages;
import dev.regild.windows.upstream.FakeUpstream.Shape;
import dev.regild.windows.upstream.UpdateDocuments.Bundle;
import dev.regild.windows.upstream.UpdateDocuments.DocumentFile;
import dev.regild.windows.upstream.UpdateDocuments.Known;
import dev.regild.windows.winget.WingetFollow;
import dev.regild.windows.winget.WingetSource;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A refresh, or a download, whose process is killed goes on in the next one where it was. */
@EnabledIf("dev.regild.fixtures.CodeSigner#isAvailable")
class KilledRefreshIT {
  private static final int BATCH = 4;
  private static final int BUNDLES = 24;
  private static final String NIC = "PCI\\VEN_8086&DEV_1539";

  /** More than what a killed process may lose of a file. */
  private static final int LARGE = 17 << 20;

  @TempDir Path temporary;
  private FakeUpstream server;

  @AfterEach
  void stop() {
    server.goOn();
    server.close();
  }

  @ParameterizedTest
  @CsvSource({"GetCookie,1", "GetRevisionIdList,1", "GetUpdateData,1", "GetUpdateData,9"})
  void aKilledRefreshGoesOn(String operation, int call) throws Exception {
    publishUpdates();
    CountDownLatch reached = server.holdFrom(operation, call);
    Process process = start(new Updates(server.url(), directory()));
    assertThat(reached.await(2, TimeUnit.MINUTES)).isTrue();
    if (call > 4) {
      awaitFacts();
    }
    kill(process);

    UpstreamRefresh.Outcome outcome = new Updates(server.url(), directory()).refresh();

    assertThat(outcome.updates().updates())
        .singleElement()
        .satisfies(each -> assertThat(each.facts().kb()).isEqualTo("KB5000023"));
    int batches = 2 * BUNDLES / BATCH;
    int asked = (int) server.requests().stream().filter("GetUpdateData"::equals).count();
    assertThat(asked).isLessThanOrEqualTo(call > 4 ? batches - 3 : batches);
    assertThat(files()).containsExactlyInAnyOrder(FactStore.FILE, UpstreamState.FILE);
  }

  private void publishUpdates() throws Exception {
    server = new FakeUpstream(Shape.WSUS, temporary.resolve("server"));
    server.limitTo(BATCH);
    UUID last = null;
    for (int i = 0; i < BUNDLES; i++) {
      String kb = "KB" + (5_000_000 + i);
      Bundle bundle = new Bundle(UUID.randomUUID());
      bundle.kb = kb;
      if (last != null) {
        bundle.superseded.add(last);
      }
      RevisionId child = new RevisionId(UUID.randomUUID(), 100);
      bundle.children.add(child);
      server.publish(
          child,
          UpdateDocuments.cbs(
              child,
              kb,
              "20348." + (100 + i) + ".1.1",
              "amd64",
              4000,
              server.file("windows-" + kb + "-x64.cab", kb.getBytes(UTF_8))),
          Known.SERVER_2022,
          Known.SECURITY);
      server.publish(bundle);
      last = bundle.id;
    }
  }

  /** What has come is kept before the next is asked for, by each of the four that ask. */
  private void awaitFacts() throws Exception {
    Path facts = directory().resolve(FactStore.NEW);
    for (int i = 0; i < 600 && Files.readAllLines(facts).size() < 4 * BATCH; i++) {
      Thread.sleep(50);
    }
  }

  @ParameterizedTest
  @CsvSource({"GetDriverIdList", "GetUpdateData", "download"})
  void aKilledRefreshOfDriversGoesOn(String operation) throws Exception {
    TlsKeys keys = TlsKeys.make(temporary.resolve("tls"), "DNS:sws.update.microsoft.com");
    CodeSigner signer = CodeSigner.in(temporary.resolve("signer"));
    server = new FakeUpstream(Shape.MICROSOFT, temporary.resolve("server"), keys.context());
    server.microsoftHost(WsusSource.MICROSOFT);
    publishDriver(signer);
    try (TunnelProxy proxy = new TunnelProxy(server.port(), "")) {
      Drivers drivers =
          new Drivers(
              proxy.uri(), keys.authority().toString(), signer.root().toString(), directory());
      boolean file = operation.equals("download");
      CountDownLatch reached = file ? server.holdDownloads() : server.holdFrom(operation, 1);
      Process process = start(drivers);
      assertThat(reached.await(2, TimeUnit.MINUTES)).isTrue();
      if (file) {
        awaitPartial(directory());
      }
      kill(process);

      assertThat(drivers.refresh().notices()).isEmpty();

      List<CatalogueEntry> followed = FollowedPackages.open(directory()).entries();
      assertThat(followed)
          .singleElement()
          .satisfies(each -> assertThat(each.facts().name()).isEqualTo("net.inf"));
      assertThat(server.ranges()).hasSize(file ? 1 : 0);
      assertThat(server.requests())
          .filteredOn("GetUpdateData"::equals)
          .as("documents are read once")
          .hasSize(file ? 0 : 1);
      assertThat(files())
          .containsExactlyInAnyOrder(
              FactStore.FILE, UpstreamState.FILE, "followed.json", followed.getFirst().sha256());
    }
  }

  private void publishDriver(CodeSigner signer) throws Exception {
    Path folder = WindowsPackages.driver(temporary, "net.inf", "01/02/2026,1.2.3.4", NIC);
    var _ = signer.catalogue(folder.resolve("net.inf"));
    Files.write(folder.resolve("net.bin"), random());
    DocumentFile file;
    try (Stream<Path> files = Files.list(folder)) {
      file =
          server.file(
              WindowsPackages.cabinet(temporary.resolve("net.cab"), files.sorted().toList()));
    }
    RevisionId id = new RevisionId(UUID.randomUUID(), 100);
    server.publish(
        id,
        UpdateDocuments.driver(
            id,
            "Net",
            Known.WINDOWS_11_DRIVERS,
            NIC,
            "2026-01-02",
            "1.2.3.4",
            "<drv:FeatureScore FeatureScore=\"FF\" OperatingSystem=\"amd64.10.0\" />",
            file),
        Known.WINDOWS_11_DRIVERS,
        NIC);
  }

  private static byte[] random() {
    byte[] bytes = new byte[LARGE];
    new Random(15).nextBytes(bytes);
    return bytes;
  }

  /** An installer comes whole, or not at all: it is tens of megabytes. */
  @Test
  void aKilledRefreshOfAgentsGoesOn() throws Exception {
    TlsKeys keys = TlsKeys.make(temporary.resolve("tls"), "IP:127.0.0.1");
    server = new FakeUpstream(Shape.WSUS, temporary.resolve("server"), keys.context());
    Path msi =
        WindowsPackages.agentMsi(
            temporary, "Example Agent", "1.0.0", "{" + UUID.randomUUID() + "}");
    DocumentFile file = server.file(msi);
    Path manifests = Files.createDirectories(temporary.resolve("winget/e/Example/Agent/1.0"));
    Files.writeString(
        manifests.resolve("Example.Agent.installer.yaml"),
        """
        PackageIdentifier: Example.Agent
        PackageVersion: 1.0
        InstallerType: wix
        Installers:
        - Architecture: x64
          InstallerUrl: %s/msdownload/%s
          InstallerSha256: %s
        ManifestType: installer
        ManifestVersion: 1.6.0
        """
            .formatted(server.url(), file.name(), Sha256.of(msi)));
    Agents agents =
        new Agents(
            temporary.resolve("winget").toString(), keys.authority().toString(), directory());
    CountDownLatch reached = server.holdDownloads();
    Process process = start(agents);
    assertThat(reached.await(2, TimeUnit.MINUTES)).isTrue();
    kill(process);

    assertThat(agents.refresh()).isEmpty();

    List<CatalogueEntry> followed = FollowedPackages.open(directory()).entries();
    assertThat(followed)
        .singleElement()
        .satisfies(each -> assertThat(each.facts().name()).isEqualTo("Example Agent"));
    assertThat(files()).containsExactlyInAnyOrder("followed.json", followed.getFirst().sha256());
  }

  @Test
  void aKilledDownloadOfAnUpdateGoesOn() throws Exception {
    server = new FakeUpstream(Shape.WSUS, temporary.resolve("server"));
    Path content = Files.write(temporary.resolve("windows-kb5036909-x64.cab"), random());
    DocumentFile file = server.file(content);
    Download download =
        new Download(server.url() + file.content(), Sha256.of(content), directory());
    CountDownLatch reached = server.holdDownloads();
    Process process = start(download);
    assertThat(reached.await(2, TimeUnit.MINUTES)).isTrue();
    awaitPartial(directory());
    kill(process);

    assertThat(download.run()).hasSameBinaryContentAs(content);

    assertThat(server.ranges()).singleElement().asString().startsWith("bytes=");
  }

  /** What the process has got of a file has to be in it, and not in a buffer. */
  private static void awaitPartial(Path directory) throws Exception {
    for (int i = 0; i < 600 && largest(directory) == 0; i++) {
      Thread.sleep(50);
    }
  }

  private static long largest(Path directory) throws Exception {
    try (Stream<Path> files = Files.walk(directory)) {
      long largest = 0;
      for (Path each : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        largest = Math.max(largest, Files.size(each));
      }
      return largest;
    }
  }

  private Path directory() {
    return temporary.resolve("win.catalogue");
  }

  private List<String> files() throws Exception {
    try (Stream<Path> files = Files.list(directory())) {
      return files.map(each -> each.getFileName().toString()).toList();
    }
  }

  private void kill(Process process) throws Exception {
    assertThat(process.isAlive()).as(Files.readString(temporary.resolve("said"))).isTrue();
    var _ = process.destroyForcibly().waitFor();
    server.goOn();
    server.clear();
  }

  /** What a process does that is killed. */
  private sealed interface Task {
    List<String> arguments();

    Object run() throws Exception;
  }

  private Process start(Task task) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                KilledRefreshIT.class.getName(),
                task.getClass().getSimpleName()));
    command.addAll(task.arguments());
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(temporary.resolve("said").toFile())
        .start();
  }

  /** The process that is killed. */
  public static void main(String[] words) throws Exception {
    Task task =
        switch (words[0]) {
          case "Updates" -> new Updates(words[1], Path.of(words[2]));
          case "Drivers" -> new Drivers(words[1], words[2], words[3], Path.of(words[4]));
          case "Agents" -> new Agents(words[1], words[2], Path.of(words[3]));
          default -> new Download(words[1], words[2], Path.of(words[3]));
        };
    var _ = task.run();
  }

  private record Updates(String url, Path directory) implements Task {
    @Override
    public List<String> arguments() {
      return List.of(url, directory.toString());
    }

    @Override
    public Object run() throws Exception {
      return refresh();
    }

    UpstreamRefresh.Outcome refresh() throws Exception {
      WsusSource source =
          new WsusSource(
              url,
              "amd64",
              WsusSource.usualProducts("WINDOWS_SERVER_2022"),
              WsusSource.usualClassifications(),
              true,
              false,
              "",
              new Route(Route.DIRECT, ""));
      return new UpstreamRefresh(
              source,
              "WINDOWS_SERVER_2022",
              directory,
              Transport.in(directory.resolveSibling("data")),
              Clock.systemUTC(),
              RefreshOptions.NONE)
          .run();
    }
  }

  private record Drivers(String proxy, String authority, String roots, Path directory)
      implements Task {
    @Override
    public List<String> arguments() {
      return List.of(proxy, authority, roots, directory.toString());
    }

    @Override
    public Object run() throws Exception {
      return refresh();
    }

    UpstreamRefresh.Outcome refresh() throws Exception {
      WsusSource source =
          new WsusSource(
              WsusSource.MICROSOFT,
              "amd64",
              WsusSource.usualProducts("WINDOWS"),
              WsusSource.usualClassifications(),
              List.of("Windows 11 Drivers"),
              false,
              false,
              false,
              roots,
              new Route(proxy, authority));
      return new UpstreamRefresh(
              source,
              "WINDOWS",
              directory,
              Transport.in(directory.resolveSibling("data")),
              Clock.systemUTC(),
              new RefreshOptions(
                  _ -> {}, Optional.empty(), Optional.of((_, action) -> action.accept(image()))))
          .run();
    }

    private static Inventory image() {
      return new Inventory(
          new OperatingSystem("WINDOWS", "Windows 11 Pro", "10.0.26100.1"),
          "amd64",
          List.of(),
          Collections.emptySortedMap(),
          Optional.of(
              new WindowsFacts(
                  "Professional",
                  "24H2",
                  "26100.1",
                  List.of(),
                  List.of(),
                  List.of(),
                  List.of(),
                  List.of(),
                  List.of(new Device(List.of(NIC), List.of())),
                  List.of())));
    }
  }

  private record Agents(String manifests, String authority, Path directory) implements Task {
    @Override
    public List<String> arguments() {
      return List.of(manifests, authority, directory.toString());
    }

    @Override
    public Object run() throws Exception {
      return refresh();
    }

    List<String> refresh() throws Exception {
      WingetSource source =
          new WingetSource(
              manifests, List.of("Example.Agent"), "amd64", new Route(Route.DIRECT, authority));
      return new WingetFollow(
              source,
              directory,
              Transport.in(directory.resolveSibling("data")),
              RefreshOptions.NONE)
          .run();
    }
  }

  private record Download(String url, String sha256, Path directory) implements Task {
    @Override
    public List<String> arguments() {
      return List.of(url, sha256, directory.toString());
    }

    @Override
    public Path run() throws Exception {
      PackageFile file =
          new PackageFile(
              URI.create(url),
              "update.cab",
              LARGE,
              sha256,
              List.of(),
              new Route(Route.DIRECT, ""),
              true);
      return new PackageCache(directory, Transport.in(directory.resolveSibling("data")))
          .fetch(List.of(file), 1, _ -> {})
          .get(file);
    }
  }
}
