package dev.regild.server.rest;

import dev.regild.feed.OpenCves;
import dev.regild.image.jobs.ExportTask;
import dev.regild.update.fleet.FleetSearch;
import dev.regild.update.fleet.PackageMatch;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A part of the images that a search finds.
 *
 * @param images by name
 * @param incomplete why images may be missing
 * @param next the token of the next part; absent if this is the last one
 */
record SearchView(List<FoundImage> images, List<String> incomplete, Optional<String> next) {

  /**
   * An image.
   *
   * @param deleted when it was deleted; absent if it exists
   * @param packages that are the reason
   * @param exports of the image that were completed
   * @param updatedTo the images that were updated from it
   */
  record FoundImage(
      String name,
      String id,
      String platform,
      Instant created,
      Optional<Instant> deleted,
      List<FoundPackage> packages,
      List<FoundExport> exports,
      List<String> updatedTo) {
    private static FoundImage of(FleetSearch.Found found) {
      return new FoundImage(
          found.image().name(),
          found.image().id(),
          found.image().platform(),
          found.image().created(),
          found.image().deleted(),
          found.packages().stream().map(FoundPackage::of).toList(),
          found.exports().stream().map(FoundExport::of).toList(),
          found.updatedTo());
    }
  }

  /**
   * A package of an image.
   *
   * @param offered the version to which an update would bring it
   * @param state how it stands to the CVE or the advisory, by changelogs and advisories
   * @param fixedIn the version with the fix
   * @param evidence the changelog's line, the advisory, or why nothing is known
   * @param vendor what a feed says of the CVE in it; absent if none says anything
   */
  record FoundPackage(
      String name,
      String architecture,
      String version,
      Optional<String> source,
      Optional<PackageMatch.State> state,
      Optional<String> offered,
      Optional<String> fixedIn,
      Optional<String> evidence,
      Optional<VendorWord> vendor) {
    private static FoundPackage of(PackageMatch each) {
      return new FoundPackage(
          each.installed().name(),
          each.installed().architecture(),
          each.installed().version(),
          Optional.of(each.installed().source()).filter(source -> !source.isEmpty()),
          each.state(),
          each.offered(),
          each.fixedIn(),
          each.evidence(),
          each.vendor().map(VendorWord::of));
    }
  }

  /**
   * What a feed says of a CVE in a package.
   *
   * @param packageName the package, as the feed names it
   * @param fixedIn the version that fixes it; absent if there is none
   * @param exploited whether it is known to be exploited; absent if no feed says so
   */
  record VendorWord(
      String packageName,
      OpenCves.Status status,
      Optional<String> fixedIn,
      Optional<String> severity,
      Optional<Boolean> exploited,
      Optional<String> note) {
    private static VendorWord of(OpenCves.Found said) {
      return new VendorWord(
          said.source(),
          said.status(),
          Optional.of(said.issue().fixed()).filter(text -> !text.isEmpty()),
          Optional.of(said.issue().severity()).filter(text -> !text.isEmpty()),
          said.exploited(),
          Optional.of(said.issue().note()).filter(text -> !text.isEmpty()));
    }
  }

  /** An export of an image: the task, the name that was asked for, and the disk. */
  record FoundExport(String task, String name, String disk, Instant created) {
    private static FoundExport of(ExportTask each) {
      return new FoundExport(each.id(), each.amiName(), each.amiId(), each.created());
    }
  }

  static SearchView of(FleetSearch.Answer answer, Optional<String> next) {
    return new SearchView(
        answer.found().stream().map(FoundImage::of).toList(), answer.incomplete(), next);
  }
}
