package dev.regild.policy.revocation;

import dev.regild.channel.PackageSystems;
import dev.regild.db.Portions;
import dev.regild.image.ImageHistory;
import dev.regild.image.ImageHistory.Known;
import dev.regild.image.ImageHistory.PageKey;
import dev.regild.image.Owner;
import dev.regild.insight.fleet.IndexedPackage;
import dev.regild.insight.fleet.InventorySets;
import dev.regild.insight.fleet.PackageIndex;
import dev.regild.policy.revocation.Revocation.Affected;
import dev.regild.policy.revocation.Revocation.Relation;
import dev.regild.policy.revocation.Revocation.Subject;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;

/** Finds the images that a revocation is about. Takes the caller's handle. */
final class AffectedImages {
  /** Versions of one package; a kernel has some hundreds. */
  private static final int MOST_VERSIONS = 100_000;

  private static final int PAGE = 1000;

  private final Handle handle;
  private final boolean descendants;
  private final Map<String, Affected> found = new LinkedHashMap<>();
  private final Deque<Affected> next = new ArrayDeque<>();
  private final Set<String> layersSeen = new HashSet<>();

  private AffectedImages(Handle handle, boolean descendants) {
    this.handle = handle;
    this.descendants = descendants;
  }

  /**
   * Finds them.
   *
   * @param descendants whether images that were made from these count, even if they do not have the
   *     package any more
   */
  static List<Affected> of(Handle handle, Owner owner, Subject subject, boolean descendants) {
    AffectedImages images = new AffectedImages(handle, descendants);
    switch (subject) {
      case Subject.OfImage image ->
          images.add(new Affected(image.id(), image.name(), Relation.NAMED, image.name()));
      case Subject.OfPackage wanted -> images.addHolders(owner, wanted);
    }
    images.follow();
    return List.copyOf(images.found.values());
  }

  private void add(Affected each) {
    if (found.putIfAbsent(each.imageId(), each) == null) {
      next.add(each);
    }
  }

  private void addHolders(Owner owner, Subject.OfPackage wanted) {
    Map<Long, IndexedPackage> versions =
        PackageIndex.meantBy(handle, owner.accountId(), wanted.name(), MOST_VERSIONS);
    versions.values().removeIf(each -> !isMeant(wanted, each));
    Map<Long, BitSet> sets = InventorySets.of(handle, versions.keySet());
    BitSet any = new BitSet();
    sets.values().forEach(any::or);
    Optional<PageKey> after = Optional.empty();
    List<Known> page;
    do {
      page =
          any.isEmpty()
              ? List.of()
              : ImageHistory.withInventories(handle, owner, any, true, after, PAGE);
      for (Known image : page) {
        add(
            new Affected(
                image.id(),
                image.name(),
                Relation.PACKAGE,
                named(versions, sets, image.inventory())));
      }
      after =
          page.isEmpty()
              ? Optional.empty()
              : Optional.of(new PageKey(page.getLast().name(), page.getLast().id()));
    } while (page.size() == PAGE);
  }

  /** Versions are compared as the package system of the image does. */
  private static boolean isMeant(Subject.OfPackage wanted, IndexedPackage each) {
    return each.isMeantBy(
        wanted.name(),
        wanted.range(),
        PackageSystems.installed().find(each.platform()).map(system -> system.family().order()));
  }

  /** Returns the packages that an inventory has, with their versions. */
  private static String named(
      Map<Long, IndexedPackage> versions, Map<Long, BitSet> sets, int inventory) {
    Set<String> all = new TreeSet<>();
    versions.forEach((key, each) -> {
      if (sets.getOrDefault(key, new BitSet()).get(inventory)) {
        all.add(each.name() + " " + each.version());
      }
    });
    return String.join(", ", all);
  }

  /**
   * Follows updates and copies: first by what the registry says, then by the layers that images
   * stand on, since the image in between may be deleted.
   */
  private void follow() {
    Deque<Affected> onLayers = new ArrayDeque<>();
    while (!next.isEmpty() || !onLayers.isEmpty()) {
      if (!next.isEmpty()) {
        Map<String, Affected> some = some(next);
        addCopies(some);
        if (descendants) {
          addUpdates(some);
          onLayers.addAll(some.values());
        }
      } else {
        addOnLayers(some(onLayers));
      }
    }
  }

  private static Map<String, Affected> some(Deque<Affected> from) {
    Map<String, Affected> some = new LinkedHashMap<>();
    while (!from.isEmpty() && some.size() < Portions.MOST) {
      Affected each = from.poll();
      some.put(each.imageId(), each);
    }
    return some;
  }

  private void addCopies(Map<String, Affected> some) {
    handle
        .createQuery(
            """
            SELECT other.id, other.name, image.id AS source
              FROM image JOIN image AS other ON other.layer_id = image.layer_id
             WHERE image.id IN (<images>) AND other.id <> image.id
            """)
        .bindList("images", List.copyOf(some.keySet()))
        .map((row, _) ->
            new Affected(
                row.getString("id"),
                row.getString("name"),
                Relation.COPY,
                name(some, row.getString("source"))))
        .list()
        .forEach(this::add);
  }

  private void addUpdates(Map<String, Affected> some) {
    handle
        .createQuery("SELECT id, name, previous_id FROM image WHERE previous_id IN (<images>)")
        .bindList("images", List.copyOf(some.keySet()))
        .map((row, _) ->
            new Affected(
                row.getString("id"),
                row.getString("name"),
                Relation.DESCENDANT,
                name(some, row.getString("previous_id"))))
        .list()
        .forEach(this::add);
  }

  /** Finds images whose predecessor was deleted: its layers are still below theirs. */
  private void addOnLayers(Map<String, Affected> some) {
    Map<String, String> layers = new LinkedHashMap<>();
    handle
        .createQuery(
            "SELECT id, layer_id FROM image WHERE id IN (<images>) AND layer_id IS NOT NULL")
        .bindList("images", List.copyOf(some.keySet()))
        .map((row, _) -> Map.entry(row.getString("layer_id"), name(some, row.getString("id"))))
        .forEach(each -> layers.putIfAbsent(each.getKey(), each.getValue()));
    Map<String, String> lower = layers;
    while (!lower.isEmpty()) {
      lower = above(lower);
      Map<String, String> causes = lower;
      Portions.of(causes.keySet())
          .forEach(layerIds ->
              handle
                  .createQuery("SELECT id, name, layer_id FROM image WHERE layer_id IN (<layers>)")
                  .bindList("layers", layerIds)
                  .map((row, _) ->
                      new Affected(
                          row.getString("id"),
                          row.getString("name"),
                          Relation.DESCENDANT,
                          causes.getOrDefault(row.getString("layer_id"), "")))
                  .list()
                  .forEach(this::add));
    }
  }

  /** Returns the layers directly on these that were not seen yet, each with the image below. */
  private Map<String, String> above(Map<String, String> lower) {
    Map<String, String> upper = new LinkedHashMap<>();
    Portions.of(lower.keySet())
        .forEach(some ->
            handle
                .createQuery("SELECT id, base_id FROM layer WHERE base_id IN (<layers>)")
                .bindList("layers", some)
                .map((row, _) -> Map.entry(row.getString("id"), row.getString("base_id")))
                .forEach(each -> {
                  if (layersSeen.add(each.getKey())) {
                    upper.put(each.getKey(), lower.getOrDefault(each.getValue(), ""));
                  }
                }));
    return upper;
  }

  private static String name(Map<String, Affected> some, String id) {
    Affected each = some.get(id);
    return each == null ? "" : each.name();
  }
}
