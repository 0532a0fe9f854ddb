package dev.regild.windows.registry;

import static java.util.Locale.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.disk.UnfitDiskException;
import dev.regild.fixtures.HiveBuilder;
import dev.regild.fixtures.HostTools;
import dev.regild.fixtures.WindowsDisk;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.InventoryReader;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.DiskBus;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.windows.registry.DriverStore.DriverVersion;
import dev.regild.windows.registry.InstalledKbs.Identity;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The registry of a Windows, without its disk. */
class WindowsInventoryTest {
  private static final String CURRENT_VERSION = "Microsoft\\Windows NT\\CurrentVersion";

  @TempDir Path directory;

  @BeforeEach
  void requireHivex() {
    HostTools.assumeInstalled("hivexsh");
  }

  @Test
  void thePlatformComesFromProductAndBuild() throws Exception {
    assertThat(WindowsSystem.platform("Server", "", 14393)).isEqualTo(WindowsPlatforms.SERVER_2016);
    assertThat(WindowsSystem.platform("Server Core", "", 17763))
        .isEqualTo(WindowsPlatforms.SERVER_2019);
    assertThat(WindowsSystem.platform("Server", "", 20348)).isEqualTo(WindowsPlatforms.SERVER_2022);
    assertThat(WindowsSystem.platform("Server", "", 26100)).isEqualTo(WindowsPlatforms.SERVER_2025);
    assertThat(WindowsSystem.platform("Client", "", 26100)).isEqualTo(WindowsPlatforms.CLIENT);
    assertThat(WindowsSystem.platform("Client", "", 10240)).isEqualTo(WindowsPlatforms.CLIENT);
  }

  @Test
  void anotherBuildIsRefusedByItsNumber() {
    assertThatThrownBy(() ->
            read(WindowsDisk.of("Windows Server 2012 R2", "Server", "ServerStandard", "", 9600)))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("\"Windows Server 2012 R2\" (Server, build 9600)")
        .hasMessageContaining("Windows Server 2022");
    assertThatThrownBy(() -> WindowsSystem.platform("Client", "Windows 8.1", 9600))
        .hasMessageContaining("build 9600");
    assertThatThrownBy(() -> WindowsSystem.platform("Server", "Windows Server", 25398))
        .hasMessageContaining("build 25398");
  }

  @Test
  void windows11IsNamedSoAndWindows10Too() throws Exception {
    assertThat(read(WindowsDisk.windows11()).os().name()).isEqualTo("Windows 11 Pro");
    WindowsDisk ten = WindowsDisk.of("Windows 10 Pro", "Client", "Professional", "", 19045);
    Inventory inventory = read(ten);
    assertThat(inventory.os())
        .isEqualTo(new OperatingSystem("WINDOWS", "Windows 10 Pro", "10.0.19045.1"));
    // The release id stands in where there is no display version.
    assertThat(inventory.windows().orElseThrow().displayVersion()).isEqualTo("2009");
  }

  @Test
  void theComputersOnWhichItHasStartedAreRead() throws Exception {
    UUID model = UUID.fromString("3962B55F-F768-58CB-9CA2-B5D61A1FDBAE");
    UUID family = UUID.fromString("11111111-F768-58CB-9CA2-B5D61A1FDBAE");
    UUID last = UUID.fromString("99999999-F768-58CB-9CA2-B5D61A1FDBAE");
    Inventory inventory =
        read(
            WindowsDisk.windows11()
                .computer(model, family)
                .computer(family)
                .lastComputer(last, model));

    assertThat(inventory.windows().orElseThrow().computers())
        .containsExactly(family.toString(), model.toString(), last.toString());
    assertThat(read(WindowsDisk.windows11()).windows().orElseThrow().computers()).isEmpty();
  }

  @Test
  void anIdentityIsReadAndAServicingStackHasOneName() {
    String key = "~31bf3856ad364e35~amd64~~";
    assertThat(Identity.of("Package_for_RollupFix" + key + "20348.2340.1.10"))
        .contains(new Identity("Package_for_RollupFix", "amd64", "20348.2340.1.10"));
    assertThat(Identity.of("Package_for_ServicingStack_2331" + key + "20348.2331.1.0"))
        .contains(new Identity("Package_for_ServicingStack", "amd64", "20348.2331.1.0"));
    assertThat(Identity.of("Package_for_DotNetRollup_481" + key + "10.0.9214.1"))
        .contains(new Identity("Package_for_DotNetRollup_481", "amd64", "10.0.9214.1"));
    assertThat(Identity.of("no identity")).isEmpty();
  }

  @Test
  void onlyInstalledUpdatesArePackagesAndTheNewestOfEachCounts() throws Exception {
    String rollup = "Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.%s";
    Inventory inventory =
        read(
            WindowsDisk.server2022()
                .update(rollup.formatted("2227.1.6"), 112, "KB5034129")
                .update(rollup.formatted("2340.1.10"), 112, "KB5035857")
                .update(rollup.formatted("2402.1.2"), 96, "KB5036909")
                .update(rollup.formatted("2461.1.2"), 32, "KB5037782")
                .update("Microsoft-Windows-Foundation-Package~x~amd64~~10.0.1.1", 112, ""));
    assertThat(inventory.packages())
        .filteredOn(each -> each.name().startsWith("Package_"))
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("origin")
        .containsExactly(
            new InstalledPackage("Package_for_RollupFix", "amd64", "20348.2340.1.10", false));
    assertThat(inventory.windows().orElseThrow().updates())
        .extracting(update -> update.kb() + " " + update.state())
        .containsExactly("KB5034129 INSTALLED", "KB5035857 INSTALLED", "KB5036909 INSTALL_PENDING");
  }

  @Test
  void anUpdateThatACumulativeTookInIsPresent() throws Exception {
    String stack = "Package_for_ServicingStack_%s~31bf3856ad364e35~amd64~~20348.%1$s.1.0";
    Inventory inventory =
        read(
            WindowsDisk.server2022()
                .update(stack.formatted("2331"), 0x50, "KB5035965")
                .update(stack.formatted("2200"), 0x70, "KB5033914"));
    assertThat(inventory.packages())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("origin")
        .contains(
            new InstalledPackage("Package_for_ServicingStack", "amd64", "20348.2331.1.0", false));
  }

  @Test
  void aDriversClassDateAndVersionAreReadFromThePublishedForm() {
    // As it is in the driver database for the network driver of virtio-win.
    byte[] version =
        HexFormat.of()
            .parseHex(
                "00ff090000000000"
                    + "72e9364d25e3ce11bfc108002be10318"
                    + "00008ec386b8d601"
                    + "384a680053006400"
                    + "0000000000000000");
    assertThat(DriverVersion.of(version))
        .contains(
            new DriverVersion(
                "{4D36E972-E325-11CE-BFC1-08002BE10318}", "2020-11-12 100.83.104.19000"));
    assertThat(DriverVersion.of(new byte[8])).isEmpty();
  }

  @Test
  void driversAreThoseThatWereAddedWithTheIdsTheyAreFor() throws Exception {
    WindowsDisk disk =
        WindowsDisk.server2022()
            .withoutVirtio()
            .driver("gpu.inf", "Contoso", "Display", "2023-01-02", "31.0.15.5161", "PCI\\VEN_10DE")
            .driver("gpu.inf", "Contoso", "Display", "2022-01-02", "31.0.16.1", "pci\\ven_10de");
    disk.drivers()
        .text("DriverDatabase\\DriverPackages\\disk.inf_amd64_1", "", "disk.inf")
        .binary("DriverDatabase\\DriverPackages\\disk.inf_amd64_1", "Version", new byte[48]);
    Inventory inventory = read(disk);
    assertThat(inventory.windows().orElseThrow().drivers())
        .containsExactly(
            new Driver(
                "gpu.inf", "Contoso", "Display", "2022-01-02 31.0.16.1", List.of("PCI\\VEN_10DE")),
            new Driver(
                "gpu.inf",
                "Contoso",
                "Display",
                "2023-01-02 31.0.15.5161",
                List.of("PCI\\VEN_10DE")));
    assertThat(inventory.packages())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("origin")
        .contains(new InstalledPackage("gpu.inf", "amd64", "2023-01-02 31.0.15.5161", false));
  }

  @Test
  void packedGuidsAreUnpacked() {
    assertThat(InstalledPrograms.unpacked("AE8B1DA9C3A4A4A4F8C5F0E1D2C3B4A5"))
        .contains("{9AD1B8EA-4A3C-4A4A-8F5C-0F1E2D3C4B5A}");
    assertThat(InstalledPrograms.unpacked("AE8B1DA9")).isEmpty();
  }

  @Test
  void partsOfProgramsAreLeftOutUnlessTheyAreOfWindowsInstaller() throws Exception {
    WindowsDisk disk =
        WindowsDisk.server2022()
            .program("Agent", "1.0", UUID.randomUUID(), UUID.randomUUID())
            .program32("Hidden", "1")
            .program32("Update of a program", "1")
            .program32("Editor", "3");
    String uninstall = "WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\";
    disk.software()
        .number(uninstall + "Hidden", "SystemComponent", 1)
        .text(uninstall + "Update of a program", "ParentKeyName", "Editor");
    assertThat(read(disk).windows().orElseThrow().programs())
        .extracting(program -> program.name() + " " + program.architecture())
        .containsExactly("Agent amd64", "Editor x86");
  }

  /** Chrome writes its own version over what Windows Installer displays; the .msi has another. */
  @Test
  void aProductsVersionIsTheOneThatWindowsInstallerCompares() throws Exception {
    UUID chrome = UUID.randomUUID();
    UUID agent = UUID.randomUUID();
    WindowsDisk disk =
        WindowsDisk.server2022()
            .program("Agent", "1.2.3.4", agent, UUID.randomUUID())
            .program("Google Chrome", "135.0.7049.85", chrome, UUID.randomUUID());
    String uninstall = "Microsoft\\Windows\\CurrentVersion\\Uninstall\\{%s}";
    disk.software()
        .number(uninstall.formatted(agent).toUpperCase(ROOT), "Version", 1 << 24 | 2 << 16 | 3)
        .number(
            uninstall.formatted(chrome).toUpperCase(ROOT), "Version", 68 << 24 | 45 << 16 | 333);
    assertThat(read(disk).windows().orElseThrow().programs())
        .extracting(program -> program.name() + " " + program.version())
        .containsExactly("Agent 1.2.3.4", "Google Chrome 68.45.333");
  }

  @Test
  void eachSignOfAPendingRestartCounts() throws Exception {
    WindowsDisk disk = WindowsDisk.server2022();
    disk.software().number(WindowsDisk.SERVICING + "\\SessionsPending", "Exclusive", 0);
    assertThat(pendingRestarts(disk)).isEmpty();
    disk.restartPending();
    assertThat(pendingRestarts(disk)).containsExactly("RebootPending");
    disk.software()
        .number(WindowsDisk.SERVICING + "\\SessionsPending", "Exclusive", 3)
        .key(WindowsDisk.SERVICING + "\\PackagesPending")
        .key("Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired");
    disk.system()
        .texts(
            WindowsDisk.CONTROL_SET + "\\Control\\Session Manager",
            "PendingFileRenameOperations",
            List.of("\\??\\C:\\a"));
    assertThat(pendingRestarts(disk))
        .containsExactly(
            "RebootPending",
            "PackagesPending",
            "SessionsPending",
            "RebootRequired",
            "PendingFileRenameOperations");
    assertThat(
            WindowsInventory.read(registry(WindowsDisk.server2022()), true)
                .windows()
                .orElseThrow()
                .pendingRestarts())
        .containsExactly("pending.xml");
  }

  @Test
  void theControlSetIsTheCurrentOne() throws Exception {
    WindowsDisk disk = WindowsDisk.server2022();
    disk.system().number("Select", "Current", 2);
    assertThatThrownBy(() -> read(disk)).hasMessageContaining("control set 2 is missing");
    disk.system()
        .text(
            "ControlSet002\\Control\\Session Manager\\Environment",
            "PROCESSOR_ARCHITECTURE",
            "ARM64");
    assertThat(read(disk).architecture()).isEqualTo("arm64");
  }

  @Test
  void anAgentMustBeThereAndStartByItself() throws Exception {
    WindowsFitness.requireAgent(registry(WindowsDisk.server2022()));
    assertThatThrownBy(
            () -> WindowsFitness.requireAgent(registry(WindowsDisk.server2022().withoutAgent())))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("no service QEMU-GA");
    assertThatThrownBy(() ->
            WindowsFitness.requireAgent(registry(WindowsDisk.server2022().service("QEMU-GA", 4))))
        .hasMessageContaining("DISABLED")
        .hasMessageContaining("sc config QEMU-GA start= auto");
    assertThatThrownBy(() ->
            WindowsFitness.requireAgent(
                registry(
                    WindowsDisk.server2022()
                        .agent("\"C:\\Program Files (x86)\\Qemu-ga\\qemu-ga.exe\" -d"))))
        .hasMessageContaining("is 32-bit")
        .hasMessageContaining("qemu-ga-x86_64.msi");
  }

  @Test
  void theDiskIsOnVirtioIfItsDriverBootsAndElseOnSata() throws Exception {
    assertThat(bootBus(WindowsDisk.server2022())).isEqualTo(DiskBus.VIRTIO);
    assertThat(bootBus(WindowsDisk.server2022().service("storahci", 3))).isEqualTo(DiskBus.VIRTIO);
    assertThat(bootBus(WindowsDisk.server2022().startOverride("viostor", 0)))
        .isEqualTo(DiskBus.VIRTIO);
    assertThat(bootBus(WindowsDisk.server2022().withoutVirtio())).isEqualTo(DiskBus.SATA);
    assertThat(bootBus(WindowsDisk.server2022().service("viostor", 3))).isEqualTo(DiskBus.SATA);
    assertThat(bootBus(WindowsDisk.server2022().startOverride("viostor", 3)))
        .isEqualTo(DiskBus.SATA);
    assertThat(bootBus(WindowsDisk.server2022().withoutVirtio().service("vioscsi", 0)))
        .isEqualTo(DiskBus.SATA);
  }

  @Test
  void aWindowsThatBootsFromNoDiskOfAMachineIsRefused() {
    assertThatThrownBy(() ->
            bootBus(
                WindowsDisk.server2022()
                    .withoutVirtio()
                    .service("vioscsi", 0)
                    .service("stornvme", 0)
                    .startOverride("storahci", 3)))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("neither from a virtio disk (viostor) nor from SATA (storahci)")
        .hasMessageContaining("Install viostor from the virtio-win CD");
  }

  @Test
  void aWindowsForArmIsRefused() throws Exception {
    String arm = read(WindowsDisk.windows11().architecture("ARM64")).architecture();
    assertThatThrownBy(() -> InventoryReader.requireArchitecture(arm))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining("is for arm64");
    InventoryReader.requireArchitecture(read(WindowsDisk.windows11()).architecture());
  }

  @Test
  void aHiveWithoutItsVersionIsDamaged() {
    WindowsDisk disk = WindowsDisk.server2022();
    disk.software().remove(CURRENT_VERSION);
    assertThatThrownBy(() -> read(disk))
        .isInstanceOf(DamagedHiveException.class)
        .hasMessageContaining("SOFTWARE has no");
  }

  private DiskBus bootBus(WindowsDisk disk) throws Exception {
    return WindowsFitness.bootBus(registry(disk));
  }

  private List<String> pendingRestarts(WindowsDisk disk) throws Exception {
    return read(disk).windows().orElseThrow().pendingRestarts();
  }

  private Inventory read(WindowsDisk disk) throws Exception {
    return WindowsInventory.read(registry(disk), false);
  }

  private WindowsRegistry registry(WindowsDisk disk) throws Exception {
    return WindowsRegistry.of(
        hive("SOFTWARE", disk.software()),
        hive("SYSTEM", disk.system()),
        Optional.of(hive("DRIVERS", disk.drivers())));
  }

  private RegistryHive hive(String name, HiveBuilder content) throws Exception {
    Path file = directory.resolve(name);
    content.write(file);
    return RegistryHive.open(name, file);
  }
}
