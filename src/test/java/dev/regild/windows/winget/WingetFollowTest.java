package dev.regild.windows.winget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.regild.channel.Channel;
import dev.regild.channel.ChannelException;
import dev.regild.channel.ChannelStore;
import dev.regild.channel.PackageSource;
import dev.regild.channel.RefreshOptions;
import dev.regild.channel.RefreshOptions.Progress;
import dev.regild.channel.RefreshResult;
import dev.regild.channel.Snapshot;
import dev.regild.fetch.Route;
import dev.regild.files.Sha256;
import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.TlsKeys;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.windows.catalogue.Catalogue;
import dev.regild.windows.catalogue.CatalogueEntry;
import dev.regild.windows.catalogue.CatalogueSource;
import dev.regild.windows.catalogue.FollowedPackages;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Agents by manifests as winget has them; real installers from a real server behind TLS. */
class WingetFollowTest {
  private static final String UPGRADE_CODE = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";

  @TempDir static Path shared;
  private static TlsKeys keys;

  @TempDir Path temporary;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private Path manifests;
  private Path files;
  private HttpsServer server;
  private ChannelStore channels;

  @BeforeAll
  static void makeKeys() throws Exception {
    HostTools.assumeInstalled("openssl", "wixl", "msiinfo", "bwrap");
    keys = TlsKeys.make(shared.resolve("tls"), "IP:127.0.0.1");
  }

  @BeforeEach
  void serve() throws Exception {
    manifests = Files.createDirectories(temporary.resolve("winget/manifests"));
    files = Files.createDirectories(temporary.resolve("files"));
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(keys.context()));
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            asked.add(exchange.getRequestURI().getPath());
            Path file = files.resolve(exchange.getRequestURI().getPath().substring(1));
            if (Files.exists(file)) {
              exchange.sendResponseHeaders(200, Files.size(file));
              Files.copy(file, exchange.getResponseBody());
            } else {
              exchange.sendResponseHeaders(404, -1);
            }
          }
        });
    server.start();
    channels = new ChannelStore(temporary.resolve("data"), Clock.systemUTC());
    channels.add(channel(List.of("Example.Agent")));
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void theNewestInstallerOfAPackageIsAnAgentOfTheChannel() throws Exception {
    publish("2.9", msi("2.9.0"), "x64", "wix");
    // As a number it would be 2.1.
    publish("2.10", msi("2.10.0"), "x64", "msi");

    assertThat(channels.refresh("win")).isInstanceOf(RefreshResult.NewSnapshot.class);

    assertThat(agents())
        .singleElement()
        .satisfies(each -> {
          assertThat(each.facts().name()).isEqualTo("Example Agent");
          assertThat(each.facts().version()).isEqualTo("2.10.0");
          assertThat(each.facts().upgradeCode()).isEqualTo(UPGRADE_CODE);
        });
    Snapshot snapshot = channels.current("win").orElseThrow();
    assertThat(snapshot.agents()).containsExactly("Example Agent");
    assertThat(snapshot.directory().resolve(agents().getFirst().fileName())).isRegularFile();
    assertThat(asked).hasSize(1);

    assertThatThrownBy(() -> Catalogue.of(channels, "win").remove("Example Agent"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("take it out of the channel's sources");
    assertThat(channels.refresh("win")).isInstanceOf(RefreshResult.Unchanged.class);
    assertThat(asked).as("it is there already").hasSize(1);
  }

  /** The command prints a line for each thing that is done. */
  @Test
  void aDownloadIsOneThingHoweverLargeItIs() throws Exception {
    publish("1.0", msi("1.0.0"), "x64", "msi");
    List<Progress> told = new CopyOnWriteArrayList<>();

    channels.refresh("win", new RefreshOptions(told::add, Optional.empty(), Optional.empty()));

    assertThat(told).extracting(Progress::doing).containsOnly("downloading Example.Agent");
    assertThat(told.getFirst().text()).isEqualTo("downloading Example.Agent");
    assertThat(told.getLast().text()).endsWith(" so far");
  }

  @Test
  void anInstallerThatWasDamagedHereIsDownloadedAgain() throws Exception {
    publish("1.0", msi("1.0.0"), "x64", "msi");
    channels.refresh("win");
    Path file = temporary.resolve("data/channels/win.catalogue/" + agents().getFirst().sha256());
    Files.writeString(file, "damaged");

    assertThatThrownBy(() -> channels.refresh("win"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("refresh the channel again");
    channels.refresh("win");

    assertThat(Sha256.of(file)).isEqualTo(agents().getFirst().sha256());
    assertThat(asked).hasSize(2);
  }

  @Test
  void anInstallerThatIsNotTheManifestsLeavesTheOneBefore() throws Exception {
    publish("2.9.0", msi("2.9.0"), "x64", "msi");
    channels.refresh("win");
    Path replaced = msi("2.10.0");
    publish("2.10.0", replaced, "x64", "msi");
    Files.writeString(replaced, "something else");

    RefreshResult result = channels.refresh("win");

    assertThat(result.notices())
        .singleElement()
        .asString()
        .contains("Example.Agent can't be had", "is not the file");
    assertThat(agents())
        .singleElement()
        .satisfies(each -> assertThat(each.facts().version()).isEqualTo("2.9.0"));
  }

  @Test
  void whatIsNoInstallerIsRefusedOnce() throws Exception {
    Path text = Files.writeString(files.resolve("agent.txt"), "no installer");
    publish("2.10.0", text, "x64", "msi");

    assertThat(channels.refresh("win").notices())
        .singleElement()
        .asString()
        .contains("not those of an .msi");
    assertThat(channels.refresh("win").notices()).hasSize(1);
    assertThat(asked).hasSize(1);
    assertThat(agents()).isEmpty();
  }

  @Test
  void installersOfOtherFormsAndForOtherMachinesAreNotTaken() throws Exception {
    publish("1.0", msi("1.0.0"), "x64", "msi");
    publish("2.0", msi("2.0.0"), "x64", "exe");
    publish("3.0", msi("3.0.0"), "arm64", "msi");
    channels.refresh("win");

    assertThat(agents())
        .singleElement()
        .satisfies(each -> assertThat(each.facts().version()).isEqualTo("1.0.0"));
  }

  @Test
  void aManifestThatIsMalformedOrNotByHttpsIsSaidAndTheOthersCount() throws Exception {
    publish("1.0", msi("1.0.0"), "x64", "msi");
    Path directory = Files.createDirectories(manifests.resolve("e/Example/Agent/9.0"));
    Files.writeString(directory.resolve("a.installer.yaml"), "a: [");
    Files.writeString(
        directory.resolve("b.installer.yaml"),
        manifest("9.0", "http://127.0.0.1/agent.msi", "0".repeat(64), "x64", "msi"));
    Files.writeString(directory.resolve("c.yaml"), "x".repeat((1 << 20) + 1));

    assertThat(channels.refresh("win").notices())
        .hasSize(3)
        .anyMatch(each -> each.contains("not an https address"))
        .anyMatch(each -> each.contains("larger than 1 MiB"));
    assertThat(agents()).hasSize(1);
  }

  @Test
  void manifestsMayLieInAnyOrder() throws Exception {
    Path file = msi("2.4.1");
    Files.writeString(
        manifests.resolve("agent.yml"),
        manifest("2.4.1", url(file), Sha256.of(file).toUpperCase(Locale.ROOT), "x64", "msi"));

    channels.refresh("win");

    assertThat(agents()).hasSize(1);
  }

  @Test
  void aPackageWithoutAManifestIsSaidAndASourceThatIsTakenOutLeavesNothing() throws Exception {
    publish("1.0", msi("1.0.0"), "x64", "msi");
    channels.remove("win");
    channels.add(channel(List.of("Example.Agent", "Example.Other")));
    assertThat(channels.refresh("win").notices())
        .singleElement()
        .asString()
        .contains("no manifest of Example.Other");
    assertThat(agents()).hasSize(1);

    Path file = temporary.resolve("data/channels/win.yaml");
    String text = Files.readString(file);
    Files.writeString(
        file, text.replaceFirst("(?s)- kind: \"?winget-manifest.*?(?=driver-packages)", ""));
    channels.refresh("win");
    assertThat(agents()).isEmpty();
    assertThat(channels.current("win").orElseThrow().size()).isZero();
  }

  @Test
  void theDriversOfAnUpdateServerThatIsTakenOutGo() throws Exception {
    publish("1.0", msi("1.0.0"), "x64", "msi");
    Path directory = temporary.resolve("data/channels/win.catalogue");
    FollowedPackages.open(directory).refuse("driver 1", "amd64", "not signed");

    channels.refresh("win");

    assertThat(FollowedPackages.open(directory).of("driver ")).isEmpty();
    assertThat(agents()).hasSize(1);
  }

  @Test
  void aDirectoryThatIsMissingIsAClearError() throws Exception {
    channels.remove("win");
    channels.add(
        new Channel(
            "win",
            "WINDOWS_SERVER_2022",
            List.of(
                new CatalogueSource("amd64"),
                new WingetSource("/nowhere", List.of("A.B"), "amd64", Route.DEFAULT))));

    assertThatThrownBy(() -> channels.refresh("win"))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("/nowhere is not a directory; correct directory");
  }

  @Test
  void sourcesThatDoNotFitTogetherAreRefused() {
    PackageSource winget = winget(List.of("Example.Agent"));
    assertThatThrownBy(() -> new Channel("win", "WINDOWS_SERVER_2022", List.of(winget)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("sources: a Windows channel has one source");
    assertThatThrownBy(() -> winget(List.of("../../etc")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("packages: '../../etc' is not an identifier");
  }

  private Channel channel(List<String> packages) {
    return new Channel(
        "win", "WINDOWS_SERVER_2022", List.of(new CatalogueSource("amd64"), winget(packages)));
  }

  private WingetSource winget(List<String> packages) {
    return new WingetSource(
        temporary.resolve("winget").toString(),
        packages,
        "amd64",
        new Route(Route.DIRECT, keys.authority().toString()));
  }

  private List<CatalogueEntry> agents() throws Exception {
    return Catalogue.of(channels, "win").followed();
  }

  private Path msi(String version) throws Exception {
    return WindowsPackages.agentMsi(files, "Example Agent", version, UPGRADE_CODE);
  }

  private String url(Path file) {
    return "https://127.0.0.1:%d/%s".formatted(server.getAddress().getPort(), file.getFileName());
  }

  private void publish(String version, Path file, String architecture, String type)
      throws Exception {
    Path directory = Files.createDirectories(manifests.resolve("e/Example/Agent/" + version));
    Files.writeString(
        directory.resolve("Example.Agent.installer.yaml"),
        manifest(version, url(file), Sha256.of(file), architecture, type));
    Files.writeString(
        directory.resolve("Example.Agent.yaml"),
        "PackageIdentifier: Example.Agent\nPackageVersion: %s\nManifestType: version\n"
            .formatted(version));
  }

  private static String manifest(
      String version, String url, String sha256, String architecture, String type) {
    return """
    # yaml-language-server: $schema=https://aka.ms/winget-manifest.installer.1.6.0.schema.json
    PackageIdentifier: Example.Agent
    PackageVersion: %s
    InstallerLocale: en-US
    InstallerType: %s
    Scope: machine
    UpgradeBehavior: install
    Installers:
    - Architecture: %s
      InstallerUrl: %s
      InstallerSha256: %s
    ManifestType: installer
    ManifestVersion: 1.6.0
    """
        .formatted(version, type, architecture, url, sha256);
  }
}
