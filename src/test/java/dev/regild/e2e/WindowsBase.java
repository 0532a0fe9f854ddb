package dev.regild.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.channel.Channel;
import dev.regild.channel.PackageSource;
import dev.regild.cli.Regild;
import dev.regild.fixtures.StandIn;
import dev.regild.fixtures.WindowsDisk;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.windows.WindowsPackageSystem;
import dev.regild.windows.catalogue.CatalogueSource;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * What updates of a Windows stand-in start from: a disk that is a servicing stack, a cumulative
 * update, a driver and a version of its agent behind, and a channel whose catalogue is filled as an
 * operator fills it.
 *
 * @param data the data directory; a server may run on it
 */
record WindowsBase(Path data) {
  static final String AGENT = "Example Agent";
  static final String SERVICING_STACK = "KB5037016";
  static final String CUMULATIVE = "KB5036909";
  static final String DRIVER = "netkvm.inf";

  /** Of a server on which the stand-in runs under emulation, on a busy host. */
  static final Map<String, String> SETTINGS =
      Map.of("windows.memory", "512MiB", "windows.start-limit", "20m");

  private static final String PLATFORM = "WINDOWS_SERVER_2022";
  private static final UUID UPGRADE_CODE = UUID.fromString("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
  private static final String DEVICE = "PCI\\VEN_1AF4&DEV_1041";

  /** The channel, its catalogue empty. */
  static Channel channel() {
    return channel(new CatalogueSource(CatalogueSource.DEFAULT_ARCHITECTURE));
  }

  /** The channel with another source beside its catalogue. */
  static Channel channel(PackageSource source) {
    return new Channel(
        LocalServer.CHANNEL,
        PLATFORM,
        List.of(source),
        new WindowsPackageSystem().driverPackages(),
        List.of(),
        Channel.DEFAULT_REFRESH_INTERVAL);
  }

  /** The disk's Windows. */
  static WindowsDisk windows() {
    return WindowsDisk.server2022()
        .update("Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.2340.1.10", 112, "KB5035857")
        .device(DEVICE)
        .driver(DRIVER, "Red Hat, Inc.", "Net", "2023-01-10", "100.93.104.22900", DEVICE)
        .program(AGENT, "2.3.0", UUID.randomUUID(), UPGRADE_CODE);
  }

  /** The same, as a stand-in. */
  static StandIn standIn() {
    return StandIn.of(windows());
  }

  /** Adds {@value #SERVICING_STACK} to the catalogue. */
  void addServicingStack() throws Exception {
    add(WindowsPackages.servicingStack(files(), SERVICING_STACK, "20348.2400"));
  }

  /** Adds {@value #CUMULATIVE} to the catalogue. */
  void addCumulative() throws Exception {
    add(WindowsPackages.cumulative(files(), CUMULATIVE, "20348.2402"));
  }

  /** Adds {@value #DRIVER} to the catalogue. */
  void addDriver() throws Exception {
    add(WindowsPackages.driver(files(), DRIVER, "06/21/2024,100.95.104.26200", DEVICE));
  }

  /** Adds {@value #AGENT} to the catalogue. */
  void addAgent() throws Exception {
    String upgradeCode = "{" + UPGRADE_CODE.toString().toUpperCase(Locale.ROOT) + "}";
    add(WindowsPackages.agentMsi(files(), AGENT, "2.4.1", upgradeCode));
  }

  /**
   * Takes packages out of the catalogue.
   *
   * @param which a name or a KB number
   */
  void remove(String which) {
    channelCommand("remove-update", which);
  }

  private void add(Path file) {
    channelCommand("add-update", file.toString());
  }

  private Path files() throws Exception {
    return Files.createDirectories(data.resolveSibling("files"));
  }

  private void channelCommand(String command, String argument) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    List<String> words = new ArrayList<>(List.of("channel", command, LocalServer.CHANNEL));
    words.addAll(List.of(argument, "--data", data.toString()));
    int status = Regild.run(out, out, words.toArray(String[]::new));
    out.flush();
    assertThat(status).as(said.toString()).isZero();
  }
}
