package dev.regild.policy.ring;

import java.util.List;

/**
 * What a promotion would mean for the images of a ring.
 *
 * @param images how many follow the ring and have a disk
 * @param outdated how many of them are out of date by the snapshot that the ring stands on
 * @param outdatedAfter how many would be out of date by the new one
 * @param becoming the images that are up to date and would be out of date, by account, region and
 *     name
 * @param changes what updates would change that they would not change now
 * @param cves CVEs outside the kernel that updates would fix and would not fix now
 * @param kernelCves the same in the kernel
 * @param unknown packages with CVEs that may be missing
 */
public record PromotionPreview(
    Promotion promotion,
    int images,
    int outdated,
    int outdatedAfter,
    List<Becoming> becoming,
    List<PackageStep> changes,
    List<String> cves,
    List<String> kernelCves,
    List<String> unknown) {

  /**
   * An image that would be out of date.
   *
   * @param changes how many packages its update would change
   */
  public record Becoming(String account, String region, String name, int changes) {}

  /**
   * A change of some images.
   *
   * @param from the installed version; empty for a package that is new
   * @param security whether it fixes security problems
   * @param images how many images it concerns
   */
  public record PackageStep(String name, String from, String to, boolean security, int images) {}
}
