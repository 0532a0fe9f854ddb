package dev.regild.windows.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.ImageInventories;
import dev.regild.channel.RefreshOptions;
import dev.regild.fetch.FetchException;
import dev.regild.fetch.Route;
import dev.regild.fetch.Transport;
import dev.regild.files.StallGuard;
import dev.regild.fixtures.CodeSigner;
import dev.regild.fixtures.TlsKeys;
import dev.regild.fixtures.TunnelProxy;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Device;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.windows.catalogue.CatalogueEntry;
import dev.regild.windows.catalogue.FollowedPackages;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import dev.regild.windows.upstream.FakeUpstream.Shape;
import dev.regild.windows.upstream.UpdateDocuments.DocumentFile;
import dev.regild.windows.upstream.UpdateDocuments.Known;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** A server under the name of Microsoft's own, behind TLS; real, signed drivers. */
@EnabledIf("dev.regild.fixtures.CodeSigner#isAvailable")
class MicrosoftUpstreamIT {
  private static final int LARGE = 17 << 20;
  private static final String NIC = "PCI\\VEN_8086&DEV_1539";
  private static final String NIC_OF_BOARD = NIC + "&SUBSYS_85F01043";
  private static final String GPU = "PCI\\VEN_10DE&DEV_1EB8";
  private static final String COMPUTER = "3962b55f-f768-58cb-9ca2-b5d61a1fdbae";
  private static final String USUAL =
      "<drv:FeatureScore FeatureScore=\"FF\" OperatingSystem=\"amd64.10.0\" />";

  @TempDir static Path shared;
  private static TlsKeys keys;
  private static FakeUpstream server;
  private static TunnelProxy proxy;
  private static CodeSigner signer;

  @TempDir Path temporary;
  private Path directory;
  private final List<Device> devices = new ArrayList<>();
  private final List<Driver> drivers = new ArrayList<>();
  private final List<String> computers = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    keys = TlsKeys.make(shared.resolve("tls"), "DNS:sws.update.microsoft.com");
    signer = CodeSigner.in(shared.resolve("signer"));
    server = new FakeUpstream(Shape.MICROSOFT, shared.resolve("server"), keys.context());
    server.microsoftHost(WsusSource.MICROSOFT);
    proxy = new TunnelProxy(server.port(), "");
  }

  @AfterAll
  static void stop() throws Exception {
    proxy.close();
    server.close();
  }

  @BeforeEach
  void clear() {
    directory = temporary.resolve("win.catalogue");
    server.clear();
    server.withdrawAll();
  }

  @Test
  void theAuthorityOfTheChannelIsGoodForItsServer() throws Exception {
    assertThat(refresh(source(keys.authority().toString())).updates().updates()).isEmpty();
    assertThat(server.requests()).contains("GetRevisionIdList");
    assertThat(proxy.asked()).contains("CONNECT sws.update.microsoft.com:443 HTTP/1.1 ");
  }

  /** Without one it has to be Microsoft's root, which has not signed this certificate. */
  @Test
  void noOtherAuthorityIsGoodForMicrosoftsServer() {
    assertThatThrownBy(() -> refresh(source("")))
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("the server's certificate is not trusted");
    assertThat(server.requests()).isEmpty();
    assertThat(UpstreamRefresh.route(source("")))
        .isEqualTo(new Route(proxy.uri(), Route.MICROSOFT));
  }

  /** The certificate is good; the name is another. */
  @Test
  void theAuthorityOfTheChannelIsGoodForNoOtherName() {
    WsusSource other =
        new WsusSource(
            "https://sws.update.example.org",
            "amd64",
            WsusSource.usualProducts("WINDOWS"),
            WsusSource.usualClassifications(),
            false,
            false,
            "",
            new Route(proxy.uri(), keys.authority().toString()));
    assertThatThrownBy(() -> refresh(other)).isInstanceOf(FetchException.class);
    assertThat(server.requests()).isEmpty();
  }

  /** Files come from Microsoft's other servers, whose certificates Java has to trust. */
  @Test
  void theAuthorityOfTheChannelIsNotAskedForServersOfFiles() throws Exception {
    DocumentFile file = driver("net.inf", "01/02/2026,1.2.3.4", NIC);
    publish("Net", NIC, "2026-01-02", "1.2.3.4", USUAL, file);
    devices.add(new Device(List.of(NIC), List.of()));
    server.microsoftHost("https://download.windowsupdate.com");
    try {
      assertThat(refresh().notices())
          .singleElement()
          .asString()
          .contains("https://download.windowsupdate.com", "certificate is not trusted");
      assertThat(server.downloads()).isEmpty();
    } finally {
      server.microsoftHost(WsusSource.MICROSOFT);
    }
  }

  @Test
  void aDriverComesForADeviceOfAnImageAndNoneForOthers() throws Exception {
    publish(
        "Net", NIC, "2026-01-02", "1.2.3.4", USUAL, driver("net.inf", "01/02/2026,1.2.3.4", NIC));
    publish(
        "Gpu", GPU, "2026-01-02", "1.0.0.0", USUAL, driver("gpu.inf", "01/02/2026,1.0.0.0", GPU));
    devices.add(new Device(List.of(NIC_OF_BOARD, NIC), List.of("PCI\\CC_0200", "PCI\\VEN_8086")));

    refresh();

    assertThat(followed())
        .singleElement()
        .satisfies(each -> {
          assertThat(each.facts().kind()).isEqualTo(Kind.DRIVER);
          assertThat(each.facts().name()).isEqualTo("net.inf");
          assertThat(each.facts().version()).isEqualTo("2026-01-02 1.2.3.4");
          assertThat(each.facts().hardwareIds()).containsExactly(NIC);
          assertThat(each.fileName()).matches("net-[0-9a-f]{12}[.]zip");
          assertThat(directory.resolve(each.sha256())).isRegularFile();
        });
    // Four ids, of which the server takes three in a request.
    assertThat(server.requests()).filteredOn("GetDriverIdList"::equals).hasSize(2);
    server.clear();
    refresh();
    assertThat(server.requests()).doesNotContain("GetUpdateData");
    assertThat(server.downloads()).isEmpty();
    assertThat(followed()).hasSize(1);

    devices.clear();
    refresh();
    assertThat(followed()).as("of a device that no image has any more").isEmpty();
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder("followed.json", UpstreamState.FILE, FactStore.FILE);
    }
  }

  @Test
  void windowsOwnOrderDecidesBetweenDrivers() throws Exception {
    UUID newest =
        publish("newest", NIC, "2026-01-02", "1.0", USUAL, driver("a.inf", "01/02/2026,1.0", NIC));
    UUID specific =
        publish(
            "specific",
            NIC_OF_BOARD,
            "2024-01-02",
            "1.0",
            USUAL,
            driver("b.inf", "01/02/2024,1.0", NIC_OF_BOARD));
    devices.add(new Device(List.of(NIC_OF_BOARD, NIC), List.of()));
    refresh();
    assertThat(origins()).as("the more specific id").containsExactly("driver " + specific + ".100");

    String better = USUAL.replace("FF", "C0");
    UUID featured =
        publish(
            "featured", NIC, "2023-01-02", "1.0", better, driver("c.inf", "01/02/2023,1.0", NIC));
    refresh();
    assertThat(origins()).as("the feature score").containsExactly("driver " + featured + ".100");

    devices.clear();
    devices.add(new Device(List.of("PCI\\OTHER"), List.of(NIC)));
    server.withdraw(featured);
    refresh();
    assertThat(origins()).as("a compatible id").containsExactly("driver " + newest + ".100");

    drivers.add(new Driver("own.inf", "Maker", "Net", "2026-01-02 1.0", List.of(NIC)));
    refresh();
    assertThat(origins()).as("the image has one as good").isEmpty();
  }

  /** The server has it in a set of drivers of one of five computers, and asks for two at once. */
  @Test
  void aDriverForCertainComputersComesWhereAnImageHasStartedOnOne() throws Exception {
    UUID any =
        publish("any", NIC, "2026-01-02", "1.0", USUAL, driver("a.inf", "01/02/2026,1.0", NIC));
    RevisionId bound = new RevisionId(UUID.randomUUID(), 100);
    server.publish(
        bound,
        UpdateDocuments.driver(
            bound,
            "bound",
            Known.WINDOWS_11_DRIVERS,
            NIC,
            "2026-01-02",
            "1.0",
            USUAL
                + only("Distribution", COMPUTER)
                + only("Target", COMPUTER.toUpperCase(Locale.ROOT)),
            driver("b.inf", "01/02/2026,1.0", NIC)),
        Known.WINDOWS_11_DRIVERS,
        COMPUTER);
    devices.add(new Device(List.of(NIC), List.of()));

    refresh();
    assertThat(origins()).as("on any computer").containsExactly("driver " + any + ".100");

    for (int i = 4; i < 8; i++) {
      computers.add(COMPUTER.replaceFirst("^.", "" + i));
    }
    computers.add(COMPUTER);
    computers.add("an inventory may have been damaged");
    server.clear();
    refresh();

    assertThat(origins()).as("of equal ones").containsExactly("driver " + bound);
    assertThat(followed())
        .singleElement()
        .satisfies(each -> assertThat(each.facts().computers()).containsExactly(COMPUTER));
    assertThat(server.requests()).filteredOn("GetDriverIdList"::equals).hasSize(3);
  }

  private static String only(String how, String computer) {
    return "<drv:%1$sComputerHardwareId>%2$s</drv:%1$sComputerHardwareId>".formatted(how, computer);
  }

  @Test
  void driversForOtherComputersProductsAndArchitecturesAreNotTaken() throws Exception {
    String of = only("Distribution", COMPUTER);
    computers.add(COMPUTER.replaceFirst("^.", "9"));
    DocumentFile file = driver("net.inf", "01/02/2026,1.0", NIC);
    publish("oem", NIC, "2026-01-02", "1.0", USUAL + of, file);
    String nobody = only("Distribution", computers.getFirst()) + only("Target", COMPUTER);
    publish("nobody", NIC, "2026-01-02", "1.0", USUAL + nobody, file);
    publish("arm", NIC, "2026-01-02", "1.0", USUAL.replace("amd64", "arm64"), file);
    RevisionId other = new RevisionId(UUID.randomUUID(), 100);
    server.publish(
        other,
        UpdateDocuments.driver(
            other, "other", Known.SERVER_2022, NIC, "2026-01-02", "1.0", USUAL, file),
        Known.SERVER_2022,
        NIC);
    devices.add(new Device(List.of(NIC), List.of()));

    refresh();

    assertThat(followed()).isEmpty();
    assertThat(server.downloads()).isEmpty();
  }

  @Test
  void aDriverThatWhqlHasNotSignedOrThatIsAnotherIsLeftOutForGood() throws Exception {
    Path folder = WindowsPackages.driver(temporary, "bare.inf", "01/02/2026,1.0", NIC);
    publish("bare", NIC, "2026-01-02", "1.0", USUAL, cabinet(folder));
    publish("other", GPU, "2026-03-04", "9.9", USUAL, driver("gpu.inf", "01/02/2026,1.0", GPU));
    Path changed = WindowsPackages.driver(temporary, "usb.inf", "01/02/2026,1.0", "USB\\X");
    var _ = signer.catalogue(changed.resolve("usb.inf"));
    Files.writeString(
        changed.resolve("usb.inf"),
        Files.readString(changed.resolve("usb.inf")).replace("usb.sys", "evil.sys"));
    publish("changed", "USB\\X", "2026-01-02", "1.0", USUAL, cabinet(changed));
    for (String id : List.of(NIC, GPU, "USB\\X")) {
      devices.add(new Device(List.of(id), List.of()));
    }

    refresh();

    assertThat(followed()).isEmpty();
    assertThat(leftOut())
        .hasSize(3)
        .anyMatch(each -> each.startsWith("bare") && each.contains("not a signed catalogue"))
        .anyMatch(each -> each.startsWith("other") && each.contains("its document names"))
        .anyMatch(each -> each.startsWith("changed") && each.contains("not WHQL-signed"));
    server.clear();
    refresh();
    assertThat(server.downloads()).isEmpty();
    assertThat(leftOut()).hasSize(3);
  }

  @Test
  void correctedRootsHaveEachDriverCheckedAgain() throws Exception {
    publish("Net", NIC, "2026-01-02", "1.0", USUAL, driver("net.inf", "01/02/2026,1.0", NIC));
    devices.add(new Device(List.of(NIC), List.of()));
    Path roots = Files.copy(signer.root(), temporary.resolve("roots.pem"));
    Path others = CodeSigner.in(temporary.resolve("other")).root();
    WsusSource source = source(keys.authority().toString(), List.of("Windows 11 Drivers"), roots);

    Files.copy(others, roots, StandardCopyOption.REPLACE_EXISTING);
    refresh(source);
    assertThat(followed()).isEmpty();
    assertThat(leftOut()).singleElement().asString().contains("its signature");
    server.clear();
    refresh(source);
    assertThat(server.downloads()).as("nothing has changed").isEmpty();

    Files.copy(signer.root(), roots, StandardCopyOption.REPLACE_EXISTING);
    refresh(source);
    assertThat(followed()).hasSize(1);
    assertThat(leftOut()).isEmpty();

    Files.copy(others, roots, StandardCopyOption.REPLACE_EXISTING);
    refresh(source);
    assertThat(followed()).as("these roots do not stand behind it").isEmpty();
    assertThat(leftOut()).hasSize(1);
  }

  private List<String> leftOut() throws Exception {
    return UpstreamState.read(directory, WsusSource.MICROSOFT).leftOut();
  }

  /** As a kill leaves them, in each phase. */
  @Test
  void whatACrashHasLeftInTheCatalogueGoes() throws Exception {
    Files.createDirectories(directory.resolve(DocumentFetch.WORK + "1/driver"));
    Files.writeString(directory.resolve(DocumentFetch.WORK + "1/driver/net.inf"), "half");
    Files.writeString(directory.resolve("0123456789abcdef".repeat(4)), "without its record");
    Files.writeString(directory.resolve(".driver-" + "0".repeat(64)), "of another driver");
    publish("Net", NIC, "2026-01-02", "1.0", USUAL, driver("net.inf", "01/02/2026,1.0", NIC));
    devices.add(new Device(List.of(NIC), List.of()));

    refresh();

    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "followed.json", followed().getFirst().sha256(), UpstreamState.FILE, FactStore.FILE);
    }
  }

  @Test
  void aDriverThatIsTooLargeTakesNoRoomFromOthers() throws Exception {
    DocumentFile file = driver("net.inf", "01/02/2026,1.0", NIC);
    DocumentFile large =
        new DocumentFile("gpu.cab", 9L << 30, file.sha1(), file.sha256(), file.patchingType());
    publish(new UUID(0, 1), "large", GPU, "2026-01-02", "1.0", USUAL, large);
    publish(new UUID(0, 2), "net", NIC, "2026-01-02", "1.0", USUAL, file);
    devices.add(new Device(List.of(GPU), List.of()));
    devices.add(new Device(List.of(NIC), List.of()));

    refresh();

    assertThat(origins()).containsExactly("driver " + new UUID(0, 2) + ".100");
    assertThat(leftOut()).singleElement().asString().startsWith("large");
  }

  /** Whoever made an image must not keep the drivers of all others back. */
  @Test
  void whatIsNoIdOfADeviceIsNotAskedFor() throws Exception {
    publish("Net", NIC, "2026-01-02", "1.0", USUAL, driver("net.inf", "01/02/2026,1.0", NIC));
    devices.add(
        new Device(
            List.of("PCI\\\u0001", "PCI\\" + "X".repeat(201), "", "\ud800", NIC), List.of()));

    assertThat(refresh().notices()).isEmpty();

    assertThat(followed()).hasSize(1);
  }

  /** As where osslsigncode is missing: that says nothing about the driver. */
  @Test
  void aDriverThatCannotBeVerifiedHereIsTriedAgain() throws Exception {
    publish("Net", NIC, "2026-01-02", "1.0", USUAL, driver("net.inf", "01/02/2026,1.0", NIC));
    devices.add(new Device(List.of(NIC), List.of()));
    WsusSource source =
        source(
            keys.authority().toString(),
            List.of("Windows 11 Drivers"),
            temporary.resolve("missing.pem"));

    assertThat(refresh(source).notices())
        .singleElement()
        .asString()
        .contains("the driver Net can't be read here", "the next refresh tries again");
    refresh();

    assertThat(followed()).hasSize(1);
    assertThat(server.downloads()).as("it was there already").hasSize(1);
  }

  @Test
  void withoutTheImagesTheDriversStayAsTheyAre() throws Exception {
    publish(
        "Net", NIC, "2026-01-02", "1.2.3.4", USUAL, driver("net.inf", "01/02/2026,1.2.3.4", NIC));
    devices.add(new Device(List.of(NIC), List.of()));
    refresh();

    UpstreamRefresh.Outcome outcome = refresh(withDrivers(), RefreshOptions.NONE);

    assertThat(followed()).hasSize(1);
    assertThat(outcome.notices()).singleElement().asString().contains("the images are not known");
    refresh(source(keys.authority().toString(), List.of()), RefreshOptions.NONE);
    assertThat(followed()).as("drivers are off").isEmpty();
  }

  @Test
  void aServerThatHasNoAnswerForDriversKeepsNoUpdateBack() throws Exception {
    publish(
        "Net", NIC, "2026-01-02", "1.2.3.4", USUAL, driver("net.inf", "01/02/2026,1.2.3.4", NIC));
    devices.add(new Device(List.of(NIC), List.of()));
    refresh();
    server.fault("GetDriverIdList", "InternalServerError", "gone");

    assertThat(refresh().notices())
        .singleElement()
        .asString()
        .contains("no answer for drivers", "InternalServerError: gone");
    assertThat(followed()).hasSize(1);
  }

  /** The file is larger than what a broken connection may lose on its way to the disk. */
  @Test
  void aDriverWhoseDownloadBreaksGoesOnWithTheNextRefresh() throws Exception {
    byte[] firmware = new byte[LARGE];
    new Random(15).nextBytes(firmware);
    Path folder = signedDriver("net.inf", "01/02/2026,1.2.3.4", NIC);
    Files.write(folder.resolve("net.bin"), firmware);
    publish("Net", NIC, "2026-01-02", "1.2.3.4", USUAL, cabinet(folder));
    devices.add(new Device(List.of(NIC), List.of()));
    server.breakDownloads(true);
    try {
      assertThat(refresh().notices())
          .singleElement()
          .asString()
          .contains("the driver Net can't be downloaded", "the next refresh tries again");
    } finally {
      server.breakDownloads(false);
    }
    server.clear();

    assertThat(refresh().notices()).isEmpty();

    assertThat(server.ranges()).isNotEmpty();
    assertThat(followed()).hasSize(1);
  }

  @Test
  void driversComeFromMicrosoftsServerAlone() {
    assertThatThrownBy(() ->
            new WsusSource(
                "https://wsus.example:8531",
                "amd64",
                WsusSource.usualProducts("WINDOWS"),
                WsusSource.usualClassifications(),
                List.of("Windows 11 Drivers"),
                false,
                false,
                false,
                "",
                Route.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("driver-products: only Microsoft's server");
  }

  private DocumentFile driver(String inf, String driverVer, String hardwareId) throws Exception {
    return cabinet(signedDriver(inf, driverVer, hardwareId));
  }

  private Path signedDriver(String inf, String driverVer, String hardwareId) throws Exception {
    Path folder = WindowsPackages.driver(temporary, inf, driverVer, hardwareId);
    var _ = signer.catalogue(folder.resolve(inf));
    return folder;
  }

  private DocumentFile cabinet(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return server.file(
          WindowsPackages.cabinet(
              temporary.resolve(UUID.randomUUID() + ".cab"), files.sorted().toList()));
    }
  }

  private static UUID publish(
      String title,
      String hardwareId,
      String date,
      String version,
      String more,
      DocumentFile file) {
    return publish(UUID.randomUUID(), title, hardwareId, date, version, more, file);
  }

  private static UUID publish(
      UUID update,
      String title,
      String hardwareId,
      String date,
      String version,
      String more,
      DocumentFile file) {
    RevisionId id = new RevisionId(update, 100);
    server.publish(
        id,
        UpdateDocuments.driver(
            id, title, Known.WINDOWS_11_DRIVERS, hardwareId, date, version, more, file),
        Known.WINDOWS_11_DRIVERS,
        hardwareId);
    return id.update();
  }

  private List<CatalogueEntry> followed() throws Exception {
    return FollowedPackages.open(directory).entries();
  }

  private List<String> origins() throws Exception {
    return FollowedPackages.open(directory).of("driver ").stream()
        .map(FollowedPackages.Followed::origin)
        .toList();
  }

  private static WsusSource source(String authority) {
    return source(authority, List.of());
  }

  private static WsusSource withDrivers() {
    return source(keys.authority().toString(), List.of("Windows 11 Drivers"));
  }

  private static WsusSource source(String authority, List<String> driverProducts) {
    return source(authority, driverProducts, signer.root());
  }

  private static WsusSource source(String authority, List<String> driverProducts, Path roots) {
    return new WsusSource(
        WsusSource.MICROSOFT,
        "amd64",
        WsusSource.usualProducts("WINDOWS"),
        WsusSource.usualClassifications(),
        driverProducts,
        false,
        false,
        false,
        roots.toString(),
        new Route(proxy.uri(), authority));
  }

  private UpstreamRefresh.Outcome refresh() throws Exception {
    return refresh(withDrivers());
  }

  private UpstreamRefresh.Outcome refresh(WsusSource source) throws Exception {
    ImageInventories images =
        (platform, action) -> {
          assertThat(platform).isEqualTo("WINDOWS");
          action.accept(inventory());
        };
    return refresh(source, new RefreshOptions(_ -> {}, Optional.empty(), Optional.of(images)));
  }

  private UpstreamRefresh.Outcome refresh(WsusSource source, RefreshOptions options)
      throws Exception {
    return new UpstreamRefresh(
            source,
            "WINDOWS",
            directory,
            new Transport(temporary, Duration.ofMillis(1), StallGuard.Pace.OF_MIRRORS),
            Clock.systemUTC(),
            options,
            List.of(Duration.ofMillis(1)),
            ServerSync.MOST_REVISIONS)
        .run();
  }

  private Inventory inventory() {
    return new Inventory(
        new OperatingSystem("WINDOWS", "Windows 11 Pro", "10.0.26100.1"),
        "amd64",
        List.of(new InstalledPackage("Windows", "amd64", "10.0.26100.1", false)),
        Collections.emptySortedMap(),
        Optional.of(
            new WindowsFacts(
                "Professional",
                "24H2",
                "26100.1",
                List.of(),
                drivers,
                List.of(),
                List.of(),
                List.of(),
                devices,
                computers)));
  }
}
