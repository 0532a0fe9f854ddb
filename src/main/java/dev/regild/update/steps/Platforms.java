package dev.regild.update.steps;

import dev.regild.channel.PackageSystems;
import dev.regild.servicing.Guests;
import dev.regild.servicing.ImageServicing;
import dev.regild.servicing.QualificationBoot;
import dev.regild.servicing.ServicingMachines;

/** What the images of each platform are serviced and booted with. */
public final class Platforms {
  private final ServicingMachines machines;

  /**
   * @param guests opens disks that are serviced offline
   * @param machine that boots them
   * @param liveMachine that images are serviced and booted in which run meanwhile; its time limit
   *     is for each start and each shutdown
   */
  public Platforms(
      Guests guests, QualificationBoot.Machine machine, QualificationBoot.Machine liveMachine) {
    this.machines = new ServicingMachines(guests, machine, liveMachine);
  }

  /**
   * What the images of that platform need.
   *
   * @param platform as an image names it: {@code ROCKY_LINUX8}
   */
  ImageServicing of(String platform) {
    return PackageSystems.installed().of(platform).servicing(platform, machines);
  }
}
