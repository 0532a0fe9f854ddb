package dev.regild.console.view;

import dev.regild.insight.PackageDifference;
import java.util.List;

/**
 * Two images side by side.
 *
 * @param choices the names to choose from
 * @param error why they can't be compared; empty if they were, or if none were asked for
 * @param sides both images; empty before any were chosen
 * @param packages the packages that differ, at most as many as a page has
 * @param differences how many packages differ
 * @param cves what the updates from the first to the second fixed, in words; empty if not known
 */
public record ComparePage(
    String first,
    String second,
    List<String> choices,
    String error,
    List<Side> sides,
    List<PackageDifference> packages,
    int differences,
    String cves) {

  /** One of the images. */
  public record Side(
      String name, String os, String agent, String kernel, int packages, String layer) {}
}
