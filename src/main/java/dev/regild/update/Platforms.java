package dev.regild.update;

import dev.regild.plan.PlatformType;
import dev.regild.servicing.Guests;
import dev.regild.servicing.PackageTool;
import dev.regild.servicing.QualificationBoot;
import dev.regild.servicing.WindowsQualification;
import dev.regild.servicing.WindowsServicing;

/**
 * Chooses what the images of each platform need. Only the order of versions, which belongs to the
 * plan, is chosen elsewhere: by {@link PlatformType}.
 *
 * @param guests opens disks that are serviced offline
 * @param boot boots them
 * @param windows services disks of Windows
 * @param windowsBoot boots them
 */
public record Platforms(
    Guests guests,
    QualificationBoot boot,
    WindowsServicing windows,
    WindowsQualification windowsBoot) {
  /**
   * What the images of that platform need.
   *
   * @param platform as an image names it: {@code ROCKY_LINUX8}
   */
  Platform of(String platform) {
    return switch (PlatformType.of(platform)) {
      case DEBIAN, UBUNTU_PRO_2404 -> new LinuxPlatform(guests, boot, PackageTool.APT);
      case RHEL8, ROCKY_LINUX8 -> new LinuxPlatform(guests, boot, PackageTool.DNF);
      case AMAZON_LINUX2 -> new LinuxPlatform(guests, boot, PackageTool.YUM);
      case WINDOWS,
          WINDOWS_SERVER_2016,
          WINDOWS_SERVER_2019,
          WINDOWS_SERVER_2022,
          WINDOWS_SERVER_2025 ->
          new WindowsPlatform(windows, windowsBoot, guests.accelerator());
    };
  }
}
