package dev.regild.update.fleet;

import dev.regild.db.Database;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;

/**
 * Finds the images that have a package, a CVE or an advisory: those that exist, and those that were
 * deleted, of which there may still be exports.
 */
public final class FleetSearch {
  private static final Comparator<Verdict> BY_NAME =
      Comparator.comparing((Verdict each) -> each.installed().name())
          .thenComparing(each -> each.installed().architecture())
          .thenComparing(each -> each.installed().version());

  private final Database database;
  private final Verdicts verdicts;

  /** Whether every image is in the index; once so, it stays so. */
  private final AtomicBoolean indexed = new AtomicBoolean();

  public FleetSearch(Database database, Verdicts verdicts) {
    this.database = database;
    this.verdicts = verdicts;
  }

  /**
   * Which part of the answer is wanted.
   *
   * @param state the state that a package of an image must have; empty for every one
   * @param withDeleted whether deleted images count
   * @param after the last image of the page before
   * @param limit how many images at most
   */
  public record Part(
      Optional<Verdict.State> state, boolean withDeleted, Optional<PageKey> after, int limit) {}

  /**
   * An image that was found.
   *
   * @param packages that are the reason, by name
   * @param exports the completed exports of the image
   * @param updatedTo the names of the images that were updated from it
   */
  public record Found(
      Known image, List<Verdict> packages, List<ExportTask> exports, List<String> updatedTo) {}

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
    Verdicts.All all = verdicts.of(owner, question);
    Map<Long, Verdict> chosen = all.byKey();
    part.state()
        .ifPresent(
            state -> chosen.values().removeIf(each -> !each.state().equals(Optional.of(state))));
    return database.read(handle -> {
      List<String> incomplete = new ArrayList<>(all.incomplete());
      if (!indexed.get() && !isIndexed(handle)) {
        incomplete.add("Images of an earlier version are still being added to the index.");
      }
      return answer(handle, owner, chosen, part, incomplete);
    });
  }

  private boolean isIndexed(Handle handle) {
    indexed.set(ImageHistory.unrecorded(handle, 1).isEmpty());
    return indexed.get();
  }

  private static Answer answer(
      Handle handle, Owner owner, Map<Long, Verdict> chosen, Part part, List<String> incomplete) {
    Map<Long, BitSet> sets = InventorySets.of(handle, chosen.keySet());
    BitSet any = new BitSet();
    sets.values().forEach(any::or);
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
                    packages(chosen, sets, each.inventory()),
                    exports.getOrDefault(each.id(), List.of()),
                    successors.getOrDefault(each.id(), List.of())))
            .toList();
    Optional<PageKey> next =
        more
            ? Optional.of(new PageKey(page.getLast().name(), page.getLast().id()))
            : Optional.empty();
    return new Answer(found, next, incomplete);
  }

  private static List<Verdict> packages(
      Map<Long, Verdict> chosen, Map<Long, BitSet> sets, int inventory) {
    return sets.entrySet().stream()
        .filter(each -> each.getValue().get(inventory))
        .flatMap(each -> Optional.ofNullable(chosen.get(each.getKey())).stream())
        .sorted(BY_NAME)
        .toList();
  }
}
