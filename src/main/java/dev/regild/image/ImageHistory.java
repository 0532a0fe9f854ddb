package dev.regild.image;

import dev.regild.db.DatabaseTime;
import dev.regild.insight.fleet.PackageIndex;
import dev.regild.inventory.Inventory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every image that has or had a disk, with its inventory in the index of packages: what searches
 * find. A deleted image stays for {@link #KEPT}, or as long as there is an export of it. Each call
 * takes the caller's handle.
 */
public final class ImageHistory {
  /** How long searches find a deleted image. */
  public static final Duration KEPT = Duration.ofDays(400);

  private static final Logger LOG = LoggerFactory.getLogger(ImageHistory.class);

  /** So many inventories are looked up one by one; more are sorted out in passing. */
  private static final int FEW = 500;

  private ImageHistory() {}

  /**
   * An image that has or had a disk.
   *
   * @param inventory its number in the index of packages
   * @param deleted when it was deleted; empty if it exists
   */
  public record Known(
      String id,
      String name,
      String platform,
      int inventory,
      Instant created,
      Optional<Instant> deleted) {}

  /**
   * A place in the order of known images, by name and id.
   *
   * @param name of the last image seen
   * @param id of the last image seen
   */
  public record PageKey(String name, String id) {}

  /** Records an image with its present inventory; nothing happens if it has no disk. */
  static void record(Handle handle, Image image) {
    image.disk().ifPresent(disk -> record(handle, image, disk.inventory()));
  }

  private static void record(Handle handle, Image image, String inventory) {
    handle
        .createUpdate(
            """
            INSERT INTO image_history (
              image_id, account_id, region, name, platform, inventory_id, created)
            SELECT image.id,
                   CASE image.account_id WHEN '' THEN COALESCE(published_by, '')
                        ELSE image.account_id END,
                   image.region, image.name, COALESCE(image.platform, ''), indexed_inventory.id,
                   image.created
              FROM image JOIN indexed_inventory ON indexed_inventory.digest = :inventory
             WHERE image.id = :id
            ON CONFLICT (image_id) DO UPDATE SET inventory_id = excluded.inventory_id
            """)
        .bind("inventory", inventory)
        .bind("id", image.id())
        .execute();
  }

  static void deleted(Handle handle, Image image) {
    handle
        .createUpdate(
            "UPDATE image_history SET deleted = COALESCE(deleted, :now) WHERE image_id = :id")
        .bind("now", DatabaseTime.now(handle).toEpochMilli())
        .bind("id", image.id())
        .execute();
  }

  static void restored(Handle handle, Image image) {
    handle
        .createUpdate("UPDATE image_history SET deleted = NULL WHERE image_id = :id")
        .bind("id", image.id())
        .execute();
  }

  /** Returns whether an image has a disk and is not recorded, because an earlier version made it. */
  public static boolean lacksAny(Handle handle) {
    return !unrecorded(handle, "", 1).isEmpty();
  }

  /**
   * Returns images that have a disk and are not recorded, because an earlier version made them, in
   * the order of their ids.
   *
   * @param after the id of the last image that was looked at
   * @param most how many at most
   */
  public static List<Image> unrecorded(Handle handle, String after, int most) {
    return handle
        .createQuery(
            ImageRow.SELECT
                + """
                 WHERE id > :after AND inventory_digest IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM image_history WHERE image_id = image.id)
                 ORDER BY id LIMIT :most
                """)
        .bind("after", after)
        .bind("most", most)
        .map((row, _) -> ImageRow.read(row))
        .list();
  }

  /** Adds images that an earlier version made, with their inventories; leaves damaged ones out. */
  public static void add(Handle handle, List<Image> images, Inventories inventories) {
    Map<String, Inventory> missing = new HashMap<>();
    Map<Image, String> readable = new LinkedHashMap<>();
    for (Image image : images) {
      String digest = image.disk().orElseThrow().inventory();
      try {
        if (!missing.containsKey(digest) && !PackageIndex.has(handle, digest)) {
          missing.put(digest, inventories.load(handle, digest));
        }
        readable.put(image, digest);
      } catch (IllegalStateException e) {
        LOG.atWarn()
            .addKeyValue("image", image.arn())
            .addKeyValue("reason", e.getMessage())
            .log("searches do not find an image");
      }
    }
    PackageIndex.add(handle, missing);
    readable.forEach((image, digest) -> record(handle, image, digest));
  }

  /** Forgets images that were deleted long ago, unless an export of them was completed. */
  public static void prune(Handle handle) {
    handle
        .createUpdate(
            """
            DELETE FROM image_history
             WHERE deleted < :before
               AND NOT EXISTS (SELECT 1 FROM export_task
                                WHERE image_id = image_history.image_id AND state = 'COMPLETED')
            """)
        .bind("before", DatabaseTime.now(handle).minus(KEPT).toEpochMilli())
        .execute();
    PackageIndex.removeUnneeded(handle);
  }

  /**
   * Returns a page of the owner's images that have one of these inventories, by name.
   *
   * @param inventories their numbers in the index
   * @param withDeleted whether deleted images count
   * @param after the last image of the page before
   * @param limit how many at most
   */
  public static List<Known> withInventories(
      Handle handle,
      Owner owner,
      BitSet inventories,
      boolean withDeleted,
      Optional<PageKey> after,
      int limit) {
    if (inventories.isEmpty()) {
      return List.of();
    }
    boolean few = inventories.cardinality() <= FEW;
    List<String> conditions = new ArrayList<>(List.of("account_id = :account", "region = :region"));
    if (few) {
      conditions.add("inventory_id IN (<inventories>)");
    }
    if (!withDeleted) {
      conditions.add("deleted IS NULL");
    }
    after.ifPresent(_ -> conditions.add("(name, image_id) > (:afterName, :afterId)"));
    var query =
        handle.createQuery(
            "SELECT image_id, name, inventory_id, deleted FROM image_history WHERE "
                + String.join(" AND ", conditions)
                + " ORDER BY name, image_id");
    if (few) {
      query.bindList("inventories", inventories.stream().boxed().toList());
    }
    after.ifPresent(key -> query.bind("afterName", key.name()).bind("afterId", key.id()));
    // Of many, the first ones by name are soon found: the index has all that is read here.
    List<String> ids;
    try (Stream<String> found =
        query
            .bind("account", owner.accountId())
            .bind("region", owner.region())
            .map((row, _) ->
                inventories.get(row.getInt("inventory_id")) ? row.getString("image_id") : "")
            .stream()) {
      ids = found.filter(id -> !id.isEmpty()).limit(limit).toList();
    }
    return known(handle, ids);
  }

  private static List<Known> known(Handle handle, List<String> ids) {
    return ids.isEmpty()
        ? List.of()
        : handle
            .createQuery(
                "SELECT * FROM image_history WHERE image_id IN (<ids>) ORDER BY name, image_id")
            .bindList("ids", ids)
            .map((row, _) ->
                new Known(
                    row.getString("image_id"),
                    row.getString("name"),
                    row.getString("platform"),
                    row.getInt("inventory_id"),
                    Instant.ofEpochMilli(row.getLong("created")),
                    Column.instant(row, "deleted")))
            .list();
  }

  /** Returns whether one of these inventories is not wholly in the index. */
  public static boolean isCut(Handle handle, Collection<Integer> inventories) {
    return !inventories.isEmpty()
        && handle
            .createQuery(
                "SELECT COUNT(*) FROM indexed_inventory WHERE NOT whole AND id IN (<inventories>)")
            .bindList("inventories", List.copyOf(new HashSet<>(inventories)))
            .mapTo(Boolean.class)
            .one();
  }

  /** Returns the platforms of the owner's images, deleted ones included. */
  public static List<String> platforms(Handle handle, Owner owner) {
    return handle
        .createQuery(
            """
            SELECT DISTINCT platform FROM image_history
             WHERE account_id = :account AND region = :region ORDER BY platform
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .mapTo(String.class)
        .list();
  }

  /** Returns the names of the images that were updated from these, by the id of the older one. */
  public static Map<String, List<String>> successors(Handle handle, Collection<String> ids) {
    Map<String, List<String>> found = new HashMap<>();
    if (!ids.isEmpty()) {
      handle
          .createQuery(
              """
              SELECT previous_id, name FROM image
               WHERE previous_id IN (<ids>) AND state = 'AVAILABLE'
                 AND NOT EXISTS (SELECT 1 FROM binned_image WHERE image_id = image.id)
               ORDER BY created, name
              """)
          .bindList("ids", List.copyOf(ids))
          .map((row, _) -> Map.entry(row.getString("previous_id"), row.getString("name")))
          .forEach(each ->
              found.computeIfAbsent(each.getKey(), _ -> new ArrayList<>()).add(each.getValue()));
    }
    return found;
  }
}
