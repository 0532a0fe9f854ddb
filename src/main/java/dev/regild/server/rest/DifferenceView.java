package dev.regild.server.rest;

import dev.regild.feed.OpenCves;
import dev.regild.feed.OpenDifference;
import dev.regild.image.Image;
import dev.regild.image.Qualification;
import dev.regild.insight.PackageDifference;
import dev.regild.inventory.Inventory;
import dev.regild.plan.Advisory;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How an image differs from another one, or from what a snapshot would make of it.
 *
 * @param second the other image
 * @param snapshot the snapshot
 * @param packages the packages that differ, sorted by name
 * @param cves the CVEs that the second has fixed and the first has not, as far as changelogs were
 *     read; with the first part of the list only
 * @param newCves the CVEs that the first has fixed and the second has not, because its packages are
 *     older; with the first part of the list only
 * @param advisories of the channel's repositories about the changes; with the first part only
 * @param open how the CVEs differ that are open by the feeds; absent for a snapshot, and if no feed
 *     knows the platform; with the first part only
 * @param next the token of the list's next part
 */
record DifferenceView(
    SideView first,
    Optional<SideView> second,
    Optional<SnapshotView> snapshot,
    List<PackageDifference> packages,
    Optional<FixesView> cves,
    Optional<FixesView> newCves,
    List<Advisory> advisories,
    Optional<OpenView> open,
    Optional<String> next) {

  /**
   * One of the images.
   *
   * @param kernel the kernel that booted in its qualification
   * @param failedUnits the units that failed in its qualification; absent if it did not boot
   * @param layerBytes the size of its own layer
   */
  record SideView(
      String image,
      String os,
      Optional<String> agentVersion,
      Optional<String> kernel,
      Optional<List<String>> failedUnits,
      int packages,
      long layerBytes) {
    static SideView of(Image image, Inventory inventory, long layerBytes) {
      return new SideView(
          image.name(),
          inventory.os().name() + " " + inventory.os().version(),
          image.agentVersion(),
          image.qualification().map(Qualification::kernel),
          image.qualification().map(Qualification::failedUnits),
          inventory.packages().size(),
          layerBytes);
    }
  }

  /**
   * CVEs that are open by the feeds. The kernel's are only counted.
   *
   * @param first of the first image
   * @param second of the second
   * @param opened those that are open in the second alone
   * @param closed those that are open in the first alone
   */
  record OpenView(
      OpenCves.Counts first,
      OpenCves.Counts second,
      List<VendorCveView> opened,
      List<VendorCveView> closed) {
    static OpenView of(OpenDifference difference) {
      return new OpenView(
          difference.first(),
          difference.second(),
          listed(difference.opened()),
          listed(difference.closed()));
    }

    private static List<VendorCveView> listed(List<OpenCves.Found> cves) {
      return cves.stream().filter(each -> !each.kernel()).map(VendorCveView::of).toList();
    }
  }

  /**
   * A snapshot of a channel.
   *
   * @param since when it became the channel's; absent if that was not recorded
   */
  record SnapshotView(String channel, String digest, Optional<Instant> since) {}
}
