package dev.regild.update;

import dev.regild.machine.Accelerator;
import dev.regild.plan.PlatformType;
import dev.regild.servicing.Guests;
import dev.regild.servicing.PackageTool;
import dev.regild.servicing.QualificationBoot;
import dev.regild.windows.servicing.WindowsLimits;
import dev.regild.windows.servicing.WindowsQualification;
import dev.regild.windows.servicing.WindowsServicing;
import java.util.function.Supplier;

/**
 * Chooses what the images of each platform need. Only the order of versions, which belongs to the
 * plan, is chosen elsewhere: by {@link PlatformType}.
 */
public final class Platforms {
  private final Guests guests;
  private final QualificationBoot boot;
  private final WindowsPlatform windows;

  /**
   * @param guests opens disks that are serviced offline
   * @param machine that boots them
   * @param windowsMachine that Windows is serviced and booted in; its time limit is for each start
   *     and each shutdown
   */
  public Platforms(
      Guests guests, QualificationBoot.Machine machine, QualificationBoot.Machine windowsMachine) {
    WindowsLimits limits = WindowsLimits.of(windowsMachine.timeLimit(), guests.applyLimit());
    Supplier<Accelerator> accelerator = guests.appliances().accelerator();
    this.guests = guests;
    this.boot = new QualificationBoot(guests, machine);
    this.windows =
        new WindowsPlatform(
            new WindowsServicing(
                windowsMachine.memoryMiB(), windowsMachine.cpus(), accelerator, limits),
            new WindowsQualification(
                windowsMachine.memoryMiB(), windowsMachine.cpus(), accelerator, limits),
            guests.appliances());
  }

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
          windows;
    };
  }
}
