package dev.regild.windows.servicing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.fixtures.StandIn;
import dev.regild.fixtures.StandInDisk;
import dev.regild.fixtures.WindowsDisk;
import dev.regild.fixtures.WindowsPackages;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.machine.Accelerator;
import dev.regild.machine.DiskBus;
import dev.regild.machine.Program;
import dev.regild.servicing.QualificationReport;
import dev.regild.windows.catalogue.WindowsPackage;
import dev.regild.windows.catalogue.WindowsPackage.Kind;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * Live servicing and qualification of real machines with the real guest agent, on the stand-in for
 * Windows: real NTFS, real hives, and tools that answer as their script says.
 */
@EnabledIf("dev.regild.fixtures.StandIn#isAvailable")
@Timeout(3600)
class WindowsMachinesIT {
  private static final String SERVICING = WindowsDisk.SERVICING;
  private static final String OLD_ROLLUP =
      "Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.2340.1.10";
  private static final String ROLLUP =
      "Package_for_RollupFix~31bf3856ad364e35~amd64~~20348.2402.1.10";
  private static final String STACK =
      "Package_for_ServicingStack_2400~31bf3856ad364e35~amd64~~20348.2400.1.0";
  private static final String DEVICE = "PCI\\VEN_1AF4&DEV_1041";
  private static final String UPGRADE_CODE = "{AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE}";

  private static final DiskLayout BIOS = layout(Firmware.BIOS, DiskBus.VIRTIO, false);

  private final List<String> log = new ArrayList<>();

  @TempDir Path directory;

  /** In a machine with UEFI and a TPM, which it has after the restart too. */
  @Test
  void everyKindOfPackageIsInstalledThroughRestartsAndAnAgentThatGoesAway() throws Exception {
    Path disk =
        StandIn.of(WindowsDisk.server2022().update(OLD_ROLLUP, 112, "KB5035857").device(DEVICE))
            .uefi()
            .when("msiexec.exe", ".msi", "work=1", "away=2")
            .build(directory.resolve("windows.qcow2"));
    Path files = Files.createDirectory(directory.resolve("files"));
    Path driver =
        WindowsPackages.driver(files, "netkvm.inf", "06/21/2024,100.95.104.26200", DEVICE);
    List<WindowsPackage> packages =
        List.of(
            pack(
                Kind.AGENT,
                "Example Agent",
                "2.4.1",
                "",
                WindowsPackages.agentMsi(files, "Example Agent", "2.4.1", UPGRADE_CODE)),
            pack(Kind.DRIVER, "netkvm.inf", "2024-06-21 100.95.104.26200", "", zip(driver)),
            pack(
                Kind.CUMULATIVE,
                "Package_for_RollupFix",
                "20348.2402.1.10",
                "KB5036909",
                WindowsPackages.cumulative(files, "KB5036909", "20348.2402")),
            pack(
                Kind.SERVICING_STACK,
                "Package_for_ServicingStack",
                "20348.2400.1.0",
                "KB5037016",
                WindowsPackages.servicingStack(files, "KB5037016", "20348.2400")));

    service(disk, layout(Firmware.UEFI, DiskBus.VIRTIO, true), packages, files, limits());

    StandInDisk after = StandInDisk.open(disk, WindowsDisk.UEFI_OFFSET, directory);
    assertThat(after.isClean()).isTrue();
    assertThat(after.value("SOFTWARE", StandIn.MACHINE_KEY, "Uefi")).isEqualTo("1");
    assertThat(after.value("SOFTWARE", StandIn.MACHINE_KEY, "Tpm")).isEqualTo("1");
    assertThat(after.value("SOFTWARE", "Microsoft\\Windows NT\\CurrentVersion", "UBR"))
        .isEqualTo("2402");
    assertThat(after.keys("SOFTWARE", SERVICING + "\\Packages"))
        .contains(STACK, ROLLUP)
        .as("superseded, and removed by the component cleanup")
        .doesNotContain(OLD_ROLLUP);
    assertThat(after.value("SOFTWARE", SERVICING + "\\Packages\\" + ROLLUP, "CurrentState"))
        .isEqualTo("112");
    assertThat(after.keys("SOFTWARE", SERVICING)).doesNotContain("RebootPending");
    assertThat(after.keys("DRIVERS", "DriverDatabase\\DriverPackages"))
        .anyMatch(name -> name.startsWith("netkvm.inf_amd64_"));
    assertThat(after.keys("SOFTWARE", "Microsoft\\Windows\\CurrentVersion\\Uninstall")).hasSize(1);
    assertThat(after.log())
        .filteredOn("boot"::equals)
        .as("one start, and one restart for the cumulative update")
        .hasSize(2);
    assertThat(after.log())
        .anyMatch(line -> line.contains("/StartComponentCleanup"))
        .endsWith("end: off");
    assertThat(log).anyMatch(line -> line.contains("retrying because"));
  }

  @Test
  void aMachineWithoutVirtioBootsFromSata() throws Exception {
    Path disk = StandIn.server2022().build(directory.resolve("windows.qcow2"));

    service(disk, layout(Firmware.BIOS, DiskBus.SATA, false), List.of(), directory, limits());

    StandInDisk after = StandInDisk.open(disk, WindowsDisk.BIOS_OFFSET, directory);
    assertThat(after.value("SOFTWARE", StandIn.MACHINE_KEY, "Uefi")).isEqualTo("0");
    assertThat(after.value("SOFTWARE", StandIn.MACHINE_KEY, "Tpm")).isEqualTo("0");
    assertThat(after.log()).endsWith("end: off");
  }

  @Test
  void aQualificationNamesTheBuildAndADeviceWithAProblem() throws Exception {
    Path disk =
        StandIn.server2022()
            .when("powershell.exe", "Win32_PnPEntity", "output=28\t" + DEVICE + "\tA device")
            .build(directory.resolve("windows.qcow2"));

    QualificationReport report =
        new WindowsQualification(512, 1, () -> Accelerator.TCG, limits())
            .run(disk, BIOS, Set.of(), directory.resolve("machine"), machine -> {});

    assertThat(report.kernel()).isEqualTo("10.0.20348.2340");
    assertThat(report.systemState()).isEqualTo("degraded");
    assertThat(report.failedUnits())
        .singleElement()
        .asString()
        .contains("code 28, no driver is installed");
  }

  private void service(
      Path disk, DiskLayout layout, List<WindowsPackage> packages, Path files, WindowsLimits limits)
      throws Exception {
    new WindowsServicing(512, 1, () -> Accelerator.TCG, limits)
        .run(
            disk,
            layout,
            packages,
            files,
            directory.resolve("machine"),
            machine -> {},
            log::add,
            done -> {});
  }

  private static WindowsPackage pack(Kind kind, String name, String version, String kb, Path file) {
    return new WindowsPackage(kind, name, "amd64", version, kb, file.getFileName().toString());
  }

  private static Path zip(Path folder) throws Exception {
    Path zip = folder.resolveSibling("netkvm.zip");
    try (OutputStream file = Files.newOutputStream(zip);
        ZipOutputStream archive = new ZipOutputStream(file);
        Stream<Path> files = Files.list(folder)) {
      for (Path each : files.toList()) {
        archive.putNextEntry(new ZipEntry(each.getFileName().toString()));
        archive.write(Files.readAllBytes(each));
      }
    }
    Program.of("rm", "-r", folder.toString()).run();
    return zip;
  }

  private static DiskLayout layout(Firmware firmware, DiskBus bus, boolean tpm) {
    return new DiskLayout(
        firmware, List.of(), new DiskLayout.Hardware(bus, tpm), DiskLayout.USUAL_SECTOR_BYTES);
  }

  /** Those of a machine under emulation on a busy host. */
  private static WindowsLimits limits() {
    return new WindowsLimits(
        Duration.ofMinutes(20),
        Duration.ofMinutes(10),
        Duration.ofMinutes(5),
        Duration.ofMinutes(20),
        Duration.ofMillis(500));
  }
}
