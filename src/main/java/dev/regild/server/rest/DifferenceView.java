package dev.regild.server.rest;

import dev.regild.image.Image;
import dev.regild.image.Qualification;
import dev.regild.insight.Fixes;
import dev.regild.insight.InventoryDifference;
import dev.regild.insight.PackageDifference;
import dev.regild.inventory.Inventory;
import dev.regild.plan.PackageFamily;
import java.util.List;
import java.util.Optional;

/**
 * How two images differ.
 *
 * @param packages the packages that differ, sorted by name
 * @param cves what the updates from the first image to the second fixed; absent if the second does
 *     not descend from the first, or if one of the updates was made before this was recorded
 */
record DifferenceView(
    SideView first, SideView second, List<PackageDifference> packages, Optional<FixesView> cves) {

  /** One of the images. */
  record Side(Image image, Inventory inventory, long layerBytes) {}

  /**
   * One of the images.
   *
   * @param kernel the kernel that booted in its qualification
   * @param layerBytes the size of its own layer
   */
  record SideView(
      String image,
      String os,
      Optional<String> agentVersion,
      Optional<String> kernel,
      int packages,
      long layerBytes) {
    private static SideView of(Side each) {
      return new SideView(
          each.image().name(),
          each.inventory().os().name() + " " + each.inventory().os().version(),
          each.image().agentVersion(),
          each.image().qualification().map(Qualification::kernel),
          each.inventory().packages().size(),
          each.layerBytes());
    }
  }

  static DifferenceView of(Side first, Side second, PackageFamily family, Optional<Fixes> fixes) {
    return new DifferenceView(
        SideView.of(first),
        SideView.of(second),
        InventoryDifference.between(first.inventory(), second.inventory(), family),
        fixes.map(FixesView::folded));
  }
}
