package dev.regild.console.view;

import dev.regild.insight.PackageDifference;
import dev.regild.plan.Advisory;
import java.util.List;

/**
 * Two images side by side, or an image and a snapshot.
 *
 * @param second the other image; empty to compare with a snapshot
 * @param snapshot a day, a digest, or {@code now}; empty to compare with an image
 * @param choices the names to choose from
 * @param error why they can't be compared; empty if they were, or if none were asked for
 * @param sides both of them; empty before any were chosen
 * @param packages the packages that differ, at most as many as a page has
 * @param differences how many packages differ
 * @param fixed what the second has fixed and the first has not, in words; empty if not known
 * @param lost what the first has fixed and the second has not, in words; empty if there is nothing
 * @param advisories about the changes
 */
public record ComparePage(
    String first,
    String second,
    String snapshot,
    List<String> choices,
    String error,
    List<Side> sides,
    List<PackageDifference> packages,
    int differences,
    String fixed,
    String lost,
    List<Advisory> advisories) {

  /** One of both. */
  public record Side(
      String name,
      String href,
      String os,
      String agent,
      String kernel,
      String packages,
      String layer) {}
}
