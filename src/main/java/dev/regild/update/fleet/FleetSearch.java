package dev.regild.update.fleet;

import dev.regild.channel.PackageSystems;
import dev.regild.db.Database;
import dev.regild.feed.OpenCves;
import dev.regild.image.ImageHistory;
import dev.regild.image.ImageHistory.Known;
import dev.regild.image.ImageHistory.PageKey;
import dev.regild.image.Owner;
import dev.regild.image.jobs.ExportTask;
import dev.regild.image.jobs.ExportTasks;
import dev.regild.insight.fleet.InventorySets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;

/**
 * Finds the images that have a package, a CVE or an advisory: those that exist, and those that were
 * deleted, of which there may still be exports.
 */
public final class FleetSearch {
  private static final Comparator<PackageMatch> BY_NAME =
      Comparator.comparing((PackageMatch each) -> each.installed().name())
          .thenComparing(each -> each.installed().architecture())
          .thenComparing(each -> each.installed().version());

  private final Database database;
  private final PackageMatcher matcher;

  /** Whether every image is in the index; once so, it stays so. */
  private final AtomicBoolean indexed = new AtomicBoolean();

  public FleetSearch(Database database, PackageMatcher matcher) {
    this.database = database;
    this.matcher = matcher;
  }

  /** How a package stands to a CVE or an advisory: the first four by changelogs and advisories. */
  public enum Standing {
    FIXABLE,
    FIXED,
    MENTIONED,
    UNKNOWN,
    /** It is affected, as a feed says. */
    OPEN,
    /** It is affected, and the vendor does not plan a fix, as a feed says. */
    WONT_FIX;

    private boolean includes(PackageMatch each) {
      return switch (this) {
        case FIXABLE -> each.state().equals(Optional.of(PackageMatch.State.FIXABLE));
        case FIXED -> each.state().equals(Optional.of(PackageMatch.State.FIXED));
        case MENTIONED -> each.state().equals(Optional.of(PackageMatch.State.MENTIONED));
        case UNKNOWN -> each.state().equals(Optional.of(PackageMatch.State.UNKNOWN));
        case OPEN -> isSaid(each, OpenCves.Status.OPEN);
        case WONT_FIX -> isSaid(each, OpenCves.Status.WONT_FIX);
      };
    }

    private static boolean isSaid(PackageMatch each, OpenCves.Status status) {
      return each.vendor().filter(said -> said.status() == status).isPresent();
    }
  }

  /**
   * Which part of the answer is wanted.
   *
   * @param standing how a package of an image must stand; empty for every one
   * @param withDeleted whether deleted images count
   * @param after the last image of the page before
   * @param limit how many images at most
   */
  public record Part(
      Optional<Standing> standing, boolean withDeleted, Optional<PageKey> after, int limit) {}

  /**
   * An image that was found.
   *
   * @param packages that are the reason, by name
   * @param exports the completed exports of the image
   * @param updatedTo the names of the images that were updated from it
   */
  public record Found(
      Known image, List<PackageMatch> packages, List<ExportTask> exports, List<String> updatedTo) {}

  /**
   * A part of the answer.
   *
   * @param found by the image's name
   * @param next the place where the next part begins; empty if this is the last one
   * @param incomplete why images may be missing; empty if none are
   */
  public record Answer(List<Found> found, Optional<PageKey> next, List<String> incomplete) {}

  /** Returns a part of the owner's images that a question is about. */
  public Answer find(Owner owner, Question question, Part part) {
    PackageMatcher.Matches all = matcher.match(owner, question);
    return database.read(handle -> {
      List<String> incomplete = new ArrayList<>(all.incomplete());
      if (!indexed.get() && !isIndexed(handle)) {
        incomplete.add("Images of an earlier version are still being added to the index.");
      }
      List<Placed> chosen =
          placed(all.byKey(), InventorySets.of(handle, all.byKey().keySet())).stream()
              .filter(
                  each -> part.standing().isEmpty() || part.standing().get().includes(each.match()))
              .toList();
      return answer(handle, owner, chosen, part, incomplete);
    });
  }

  /** A match with the inventories that have it. */
  private record Placed(PackageMatch match, BitSet inventories) {}

  /** Of several kernels in an image, a feed's word counts for the newest, which the image boots. */
  private static List<Placed> placed(Map<Long, PackageMatch> matches, Map<Long, BitSet> sets) {
    List<Placed> placed = new ArrayList<>();
    Map<String, List<Placed>> kernels = new HashMap<>();
    matches.forEach((key, match) -> {
      Placed each = new Placed(match, sets.getOrDefault(key, new BitSet()));
      match
          .vendor()
          .filter(OpenCves.Found::kernel)
          .ifPresentOrElse(
              _ -> kernels.computeIfAbsent(kernel(each), _ -> new ArrayList<>()).add(each),
              () -> placed.add(each));
    });
    kernels.values().forEach(all -> placed.addAll(newestFirst(all)));
    return placed;
  }

  private static String kernel(Placed each) {
    return each.match().installed().platform()
        + " "
        + each.match().vendor().map(OpenCves.Found::source).orElse("");
  }

  private static List<Placed> newestFirst(List<Placed> kernels) {
    List<Placed> placed = new ArrayList<>();
    BitSet newer = new BitSet();
    SortedMap<String, List<Placed>> byVersion = new TreeMap<>(order(kernels).reversed());
    kernels.forEach(
        each -> byVersion.computeIfAbsent(version(each), _ -> new ArrayList<>()).add(each));
    for (List<Placed> version : byVersion.values()) {
      BitSet these = new BitSet();
      for (Placed each : version) {
        BitSet booted = (BitSet) each.inventories().clone();
        booted.andNot(newer);
        placed.add(new Placed(each.match(), booted));
        BitSet older = (BitSet) each.inventories().clone();
        older.and(newer);
        if (each.match().state().isPresent()) {
          placed.add(new Placed(each.match().with(Optional.empty()), older));
        }
        these.or(each.inventories());
      }
      newer.or(these);
    }
    return placed;
  }

  private static String version(Placed each) {
    return each.match().vendor().map(OpenCves.Found::version).orElse("");
  }

  private static Comparator<String> order(List<Placed> kernels) {
    return PackageSystems.installed()
        .find(kernels.getFirst().match().installed().platform())
        .map(system -> system.family().order())
        .orElse(Comparator.naturalOrder());
  }

  private boolean isIndexed(Handle handle) {
    indexed.set(!ImageHistory.lacksAny(handle));
    return indexed.get();
  }

  private static Answer answer(
      Handle handle, Owner owner, List<Placed> chosen, Part part, List<String> incomplete) {
    BitSet any = new BitSet();
    chosen.forEach(each -> any.or(each.inventories()));
    List<Known> images =
        ImageHistory.withInventories(
            handle, owner, any, part.withDeleted(), part.after(), part.limit() + 1);
    boolean more = images.size() > part.limit();
    List<Known> page = more ? images.subList(0, part.limit()) : images;
    List<Integer> inventories = page.stream().map(Known::inventory).distinct().toList();
    List<String> ids = page.stream().map(Known::id).toList();
    Map<String, List<ExportTask>> exports = ExportTasks.completedOf(handle, ids);
    Map<String, List<String>> successors = ImageHistory.successors(handle, ids);
    if (ImageHistory.isCut(handle, inventories)) {
      incomplete.add("Some images have more packages than the index takes.");
    }
    List<Found> found =
        page.stream()
            .map(each ->
                new Found(
                    each,
                    packages(chosen, each.inventory()),
                    exports.getOrDefault(each.id(), List.of()),
                    successors.getOrDefault(each.id(), List.of())))
            .toList();
    Optional<PageKey> next =
        more
            ? Optional.of(new PageKey(page.getLast().name(), page.getLast().id()))
            : Optional.empty();
    return new Answer(found, next, incomplete);
  }

  private static List<PackageMatch> packages(List<Placed> chosen, int inventory) {
    return chosen.stream()
        .filter(each -> each.inventories().get(inventory))
        .map(Placed::match)
        .sorted(BY_NAME)
        .toList();
  }
}
