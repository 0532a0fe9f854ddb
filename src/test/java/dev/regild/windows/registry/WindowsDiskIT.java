package dev.regild.windows.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.regild.channel.PackageSystems;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.QemuImg;
import dev.regild.disk.UnfitDiskException;
import dev.regild.fixtures.WindowsDisk;
import dev.regild.inventory.DiskInspection;
import dev.regild.inventory.DiskInspector;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.inventory.DiskLayout.Hardware;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.machine.DiskBus;
import dev.regild.machine.Guestfs;
import dev.regild.plan.InstalledPackage;
import dev.regild.plan.WindowsFacts;
import dev.regild.plan.WindowsFacts.Driver;
import dev.regild.plan.WindowsFacts.InstalledKb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks as Windows leaves them, in real appliances. */
class WindowsDiskIT {
  private static final String KEY = "~31bf3856ad364e35~amd64~~";
  private static final UUID PRODUCT = UUID.fromString("9ad1b8ea-4a3c-4a4a-8f5c-0f1e2d3c4b5a");
  private static final UUID UPGRADE = UUID.fromString("eb6b8302-c06e-4bec-adac-932c68a3a98d");

  private final DiskInspector inspector =
      new DiskInspector(new Appliances(() -> Accelerator.TCG), PackageSystems.installed().all());

  @TempDir Path directory;

  @Test
  void aServerOnABiosIsReadAndItsDiskStaysAsItIs() throws Exception {
    Path disk =
        WindowsDisk.server2022()
            .update("Package_for_ServicingStack_2331" + KEY + "20348.2331.1.0", 112, "")
            .update("Package_for_RollupFix" + KEY + "20348.2227.1.6", 80, "KB5034129")
            .update("Package_for_RollupFix" + KEY + "20348.2340.1.10", 112, "KB5035857")
            .driver(
                "netkvm.inf",
                "Red Hat, Inc.",
                "Net",
                "2024-06-21",
                "100.95.104.26200",
                "PCI\\VEN_1AF4&DEV_1000",
                "PCI\\VEN_1AF4&DEV_1041")
            .device("PCI\\VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01", "PCI\\VEN_1AF4&DEV_1041")
            .program("QEMU guest agent", "107.0.1", PRODUCT, UPGRADE)
            .program32("Contoso Viewer", "4.2")
            .restartPending()
            .build(directory.resolve("disk.raw"));
    String before = hash(disk);

    DiskInspection found = inspector.inspect(disk, DiskFormat.RAW, directory, _ -> {});

    assertThat(hash(disk)).isEqualTo(before);
    Inventory inventory = found.inventory();
    assertThat(inventory.os())
        .isEqualTo(
            new OperatingSystem(
                "WINDOWS_SERVER_2022", "Windows Server 2022 Datacenter", "10.0.20348.2340"));
    assertThat(inventory.architecture()).isEqualTo("amd64");
    assertThat(inventory.packages())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("origin")
        .containsExactly(
            new InstalledPackage("Contoso Viewer", "x86", "4.2", false),
            new InstalledPackage("Package_for_RollupFix", "amd64", "20348.2340.1.10", false),
            new InstalledPackage("Package_for_ServicingStack", "amd64", "20348.2331.1.0", false),
            new InstalledPackage("QEMU guest agent", "amd64", "107.0.1", false),
            new InstalledPackage("Windows", "amd64", "10.0.20348.2340", false),
            new InstalledPackage("netkvm.inf", "amd64", "2024-06-21 100.95.104.26200", false),
            new InstalledPackage("viostor.inf", "amd64", "2024-06-21 100.95.104.26200", false));
    WindowsFacts facts = inventory.windows().orElseThrow();
    assertThat(facts.edition()).isEqualTo("ServerDatacenter");
    assertThat(facts.displayVersion()).isEqualTo("21H2");
    assertThat(facts.build()).isEqualTo("20348.2340");
    assertThat(facts.pendingRestarts()).containsExactly("RebootPending");
    assertThat(facts.updates())
        .containsExactly(
            new InstalledKb(
                "Package_for_RollupFix" + KEY + "20348.2227.1.6", "KB5034129", "SUPERSEDED"),
            new InstalledKb(
                "Package_for_RollupFix" + KEY + "20348.2340.1.10", "KB5035857", "INSTALLED"),
            new InstalledKb(
                "Package_for_ServicingStack_2331" + KEY + "20348.2331.1.0", "", "INSTALLED"));
    assertThat(facts.drivers())
        .contains(
            new Driver(
                "netkvm.inf",
                "Red Hat, Inc.",
                "Net",
                "2024-06-21 100.95.104.26200",
                List.of("PCI\\VEN_1AF4&DEV_1000", "PCI\\VEN_1AF4&DEV_1041")));
    assertThat(facts.devices())
        .containsExactly("PCI\\VEN_1AF4&DEV_1041", "PCI\\VEN_1AF4&DEV_1041&SUBSYS_11001AF4&REV_01");
    assertThat(facts.programs())
        .containsExactly(
            new WindowsFacts.Program("Contoso Viewer", "4.2", "x86", "", ""),
            new WindowsFacts.Program(
                "QEMU guest agent",
                "107.0.1",
                "amd64",
                "{9AD1B8EA-4A3C-4A4A-8F5C-0F1E2D3C4B5A}",
                "{EB6B8302-C06E-4BEC-ADAC-932C68A3A98D}"));
    DiskLayout layout = found.layout();
    assertThat(layout.firmware()).isEqualTo(Firmware.BIOS);
    assertThat(layout.hardware()).isEqualTo(new Hardware(DiskBus.VIRTIO, false));
    assertThat(layout.filesystems())
        .singleElement()
        .satisfies(filesystem -> {
          assertThat(filesystem.mountPoint()).isEqualTo("/");
          assertThat(filesystem.type()).isEqualTo("ntfs");
          assertThat(filesystem.offset()).isEqualTo(WindowsDisk.BIOS_OFFSET);
        });
  }

  @Test
  void aClientOnUefiWithATpmIsReadFromAnOverlay() throws Exception {
    Path disk =
        WindowsDisk.windows11()
            .uefi()
            .tpm()
            .withoutVirtio()
            .changesQueued()
            .build(directory.resolve("disk.raw"));
    Path base = directory.resolve("base.qcow2");
    QemuImg.convert(disk, DiskFormat.RAW, base, DiskFormat.QCOW2, _ -> {});
    Path overlay = directory.resolve("overlay.qcow2");
    QemuImg.createOverlay(base, overlay);

    DiskInspection found = inspector.inspect(overlay, DiskFormat.QCOW2, directory, _ -> {});

    assertThat(found.inventory().os())
        .isEqualTo(new OperatingSystem("WINDOWS", "Windows 11 Pro", "10.0.22631.3296"));
    assertThat(found.inventory().windows().orElseThrow().pendingRestarts())
        .containsExactly("pending.xml");
    assertThat(found.inventory().windows().orElseThrow().drivers()).isEmpty();
    assertThat(found.layout().firmware()).isEqualTo(Firmware.UEFI);
    assertThat(found.layout().hardware()).isEqualTo(new Hardware(DiskBus.SATA, true));
    assertThat(found.layout().filesystems().getFirst().offset()).isEqualTo(WindowsDisk.UEFI_OFFSET);
  }

  @Test
  void anEncryptedDiskIsRefused() throws Exception {
    assertRefused(
        WindowsDisk.server2022().bitLocker(), "BitLocker on /dev/sda1", "manage-bde -off C:");
  }

  @Test
  void aWindowsWithoutAnAgentIsRefused() throws Exception {
    assertRefused(
        WindowsDisk.server2022().withoutAgent(), "has no QEMU guest agent", "qemu-ga-x86_64.msi");
  }

  /** A disk, and what its refusal names. */
  private record Unfit(WindowsDisk windows, String cause, String remedy) {}

  /** Each is a drive of one appliance. */
  @Test
  void aWindowsThatCannotBeServicedAsItIsIsRefused() throws Exception {
    List<Unfit> unfit =
        List.of(
            new Unfit(
                WindowsDisk.windows11().hibernated(), "hibernated", "powercfg /hibernate off"),
            new Unfit(WindowsDisk.server2022().dirty(), "marked as dirty", "shutdown /s /t 0"),
            new Unfit(
                WindowsDisk.server2022().withoutVirtio().startOverride("storahci", 3),
                "neither from a virtio disk (viostor) nor from SATA (storahci)",
                "virtio-win CD"),
            new Unfit(
                WindowsDisk.windows11().architecture("ARM64"),
                "this server only runs x86-64",
                "Upload an x86-64 disk"));
    List<Path> disks = new ArrayList<>();
    List<String> before = new ArrayList<>();
    for (Unfit each : unfit) {
      Path disk = each.windows().build(directory.resolve("disk-%d.raw".formatted(disks.size())));
      disks.add(disk);
      before.add(hash(disk));
    }
    try (Guestfs appliance = Guestfs.create(Accelerator.TCG, directory)) {
      for (Path disk : disks) {
        appliance.addDrive(disk, DiskFormat.RAW.qemuName(), true);
      }
      appliance.launch(Duration.ofMinutes(5));
      List<String> roots = appliance.inspectOs();
      assertThat(roots).containsExactly("/dev/sda1", "/dev/sdb1", "/dev/sdc1", "/dev/sdd1");
      for (int n = 0; n < unfit.size(); n++) {
        WindowsReader reader = new WindowsReader(appliance, roots.get(n), directory);
        assertThatThrownBy(reader::read)
            .isInstanceOf(UnfitDiskException.class)
            .hasMessageContaining(unfit.get(n).cause())
            .hasMessageContaining(unfit.get(n).remedy());
      }
    }
    for (int n = 0; n < unfit.size(); n++) {
      assertThat(hash(disks.get(n))).as(unfit.get(n).cause()).isEqualTo(before.get(n));
    }
  }

  private void assertRefused(WindowsDisk windows, String cause, String remedy) throws Exception {
    Path disk = windows.build(directory.resolve("disk.raw"));
    String before = hash(disk);
    assertThatThrownBy(() -> inspector.inspect(disk, DiskFormat.RAW, directory, _ -> {}))
        .isInstanceOf(UnfitDiskException.class)
        .hasMessageContaining(cause)
        .hasMessageContaining(remedy);
    assertThat(hash(disk)).isEqualTo(before);
  }

  private static String hash(Path disk) throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(disk));
    return HexFormat.of().formatHex(digest);
  }
}
