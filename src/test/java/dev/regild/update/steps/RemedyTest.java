package dev.regild.update.steps;

import static org.assertj.core.api.Assertions.assertThat;

import dev.regild.disk.DiskFormat;
import dev.regild.image.Image;
import dev.regild.image.Registry;
import dev.regild.inventory.DiskInspection;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.OperatingSystem;
import dev.regild.machine.Accelerator;
import dev.regild.servicing.Guests;
import dev.regild.servicing.Isolation;
import dev.regild.servicing.QualificationBoot;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemedyTest {
  @ParameterizedTest
  @CsvSource({
    "DEBIAN_12, qualification.time-limit",
    "ROCKY_LINUX8, qualification.time-limit",
    "WINDOWS_SERVER_2022, windows.start-limit",
  })
  void aValidationBootThatFailsNamesTheSettingOfItsPlatformAlone(String platform, String setting) {
    Guests guests = new Guests(Isolation.VM, () -> Accelerator.TCG, Duration.ofMinutes(1));
    QualificationBoot.Machine machine =
        new QualificationBoot.Machine(512, 1, Duration.ofMinutes(1));
    Platforms platforms = new Platforms(guests, machine, machine);
    QualifyDisk qualify = new QualifyDisk(platforms, new ThrowAwayBoot(platforms));
    assertThat(qualify.remedy(converted(platform), "it did not report"))
        .isEqualTo(
            "Boot the disk elsewhere, fix it and upload it again, or raise " + setting + ".");
  }

  private static ConvertDisk.Converted converted(String platform) {
    Image image =
        Image.importing(
            Registry.ALICE, "golden", Optional.empty(), Optional.empty(), List.of(), Instant.EPOCH);
    DiskInspection inspection =
        new DiskInspection(
            new Inventory(new OperatingSystem(platform, "an OS", "1"), "amd64", List.of()),
            new DiskLayout(DiskLayout.Firmware.BIOS, List.of()));
    return new ConvertDisk.Converted(
        new InspectDisk.Inspected(
            new CheckDisk.Checked(
                new Import(image, "ami-1", true),
                Path.of("disk"),
                DiskFormat.QCOW2,
                "0".repeat(64),
                Optional.empty()),
            inspection),
        Path.of("image.qcow2"),
        1);
  }

  @Test
  void aCauseThatTheGuestShowsComesBeforeTheStep() {
    assertThat(Remedy.of("write: No space left on device", "otherwise"))
        .isEqualTo("Enlarge the image's file system, then import the image again.");
    for (String where : List.of("a namespace", "an appliance")) {
      assertThat(Remedy.of("Cannot open the disk in " + where + ": mount failed", "otherwise"))
          .startsWith("Check the image's file systems (fsck)");
    }
    assertThat(Remedy.of("something else", "otherwise")).isEqualTo("otherwise");
  }
}
