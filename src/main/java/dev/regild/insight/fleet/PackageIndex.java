package dev.regild.insight.fleet;

import static java.util.stream.Collectors.toMap;

import dev.regild.db.Portions;
import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * Which inventories have which versions of packages. Each distinct version and each distinct
 * inventory is stored once. Each call takes the caller's handle.
 */
public final class PackageIndex {
  /**
   * The packages of one inventory that are indexed. A desktop has 3,000; a hostile image names as
   * many as it likes.
   */
  private static final int MOST_PACKAGES = 20_000;

  /**
   * In characters; packages with a longer text are not indexed: PostgreSQL refuses long rows in its
   * own indexes.
   */
  private static final int LONGEST_TEXT = 300;

  private static final RowMapper<IndexedPackage> PACKAGE =
      (row, _) ->
          new IndexedPackage(
              row.getString("platform"),
              row.getString("name"),
              row.getString("architecture"),
              row.getString("version"),
              row.getString("source"),
              row.getString("source_version"));

  private static final RowMapper<Map.Entry<Long, IndexedPackage>> ENTRY =
      (row, context) -> Map.entry(row.getLong("id"), PACKAGE.map(row, context));

  private PackageIndex() {}

  /**
   * Adds inventories that the index does not have yet.
   *
   * @param inventories by digest
   */
  public static void add(Handle handle, Map<String, Inventory> inventories) {
    int id =
        handle
            .createQuery("SELECT COALESCE(MAX(id), 0) FROM indexed_inventory")
            .mapTo(Integer.class)
            .one();
    Map<IndexedPackage, BitSet> numbers = new LinkedHashMap<>();
    for (Map.Entry<String, Inventory> each : inventories.entrySet()) {
      if (!has(handle, each.getKey())) {
        id++;
        Inventory inventory = each.getValue();
        Set<IndexedPackage> packages = packages(inventory);
        for (IndexedPackage one : packages) {
          numbers.computeIfAbsent(one, _ -> new BitSet()).set(id);
        }
        boolean whole =
            inventory.packages().stream()
                .allMatch(
                    it -> packages.contains(IndexedPackage.of(inventory.os().platform(), it)));
        handle
            .createUpdate(
                "INSERT INTO indexed_inventory (id, digest, whole) VALUES (:id, :digest, :whole)")
            .bind("id", id)
            .bind("digest", each.getKey())
            .bind("whole", whole)
            .execute();
      }
    }
    Map<Long, BitSet> byKey = new HashMap<>();
    stored(handle, numbers.keySet())
        .forEach((key, each) -> byKey.put(key, numbers.getOrDefault(each, new BitSet())));
    InventorySets.add(handle, byKey);
  }

  /** Returns whether the index has an inventory. */
  public static boolean has(Handle handle, String digest) {
    return handle
        .createQuery("SELECT COUNT(*) FROM indexed_inventory WHERE digest = :digest")
        .bind("digest", digest)
        .mapTo(Boolean.class)
        .one();
  }

  private static Set<IndexedPackage> packages(Inventory inventory) {
    Set<IndexedPackage> packages = new LinkedHashSet<>();
    for (InstalledPackage each : inventory.packages()) {
      IndexedPackage indexed = IndexedPackage.of(inventory.os().platform(), each);
      if (packages.size() < MOST_PACKAGES
          && Stream.of(
                  indexed.name(),
                  indexed.version(),
                  indexed.architecture(),
                  indexed.source(),
                  indexed.sourceVersion())
              .allMatch(text -> text.length() <= LONGEST_TEXT)) {
        packages.add(indexed);
      }
    }
    return packages;
  }

  /** Returns these packages by their keys. They are stored if they are not yet. */
  private static Map<Long, IndexedPackage> stored(Handle handle, Set<IndexedPackage> packages) {
    Map<Long, IndexedPackage> keys = new LinkedHashMap<>();
    Collection<IndexedPackage> rest = packages;
    for (int attempt = 0; !rest.isEmpty(); attempt++) {
      Map<Long, IndexedPackage> wanted = new LinkedHashMap<>();
      List<IndexedPackage> again = new ArrayList<>();
      for (IndexedPackage each : rest) {
        long key = each.key(attempt);
        if (keys.containsKey(key) || wanted.putIfAbsent(key, each) != null) {
          again.add(each);
        }
      }
      Map<Long, IndexedPackage> known = find(handle, wanted.keySet());
      wanted
          .entrySet()
          .removeIf(each -> {
            boolean taken = known.containsKey(each.getKey());
            boolean itself = each.getValue().equals(known.get(each.getKey()));
            if (taken && !itself) {
              again.add(each.getValue());
            }
            if (itself) {
              keys.put(each.getKey(), each.getValue());
            }
            return taken;
          });
      insert(handle, wanted);
      keys.putAll(wanted);
      rest = again;
    }
    return keys;
  }

  private static void insert(Handle handle, Map<Long, IndexedPackage> packages) {
    if (packages.isEmpty()) {
      return;
    }
    PreparedBatch rows =
        handle.prepareBatch(
            """
            INSERT INTO package_version (
              id, platform, name, architecture, version, source, source_version)
            VALUES (:id, :platform, :name, :architecture, :version, :source, :sourceVersion)
            """);
    packages.forEach((id, each) ->
        rows.bind("id", id)
            .bind("platform", each.platform())
            .bind("name", each.name())
            .bind("architecture", each.architecture())
            .bind("version", each.version())
            .bind("source", each.source())
            .bind("sourceVersion", each.sourceVersion())
            .add());
    rows.execute();
  }

  private static Map<Long, IndexedPackage> find(Handle handle, Collection<Long> ids) {
    Map<Long, IndexedPackage> found = new HashMap<>();
    Portions.of(ids)
        .forEach(some ->
            handle
                .createQuery("SELECT * FROM package_version WHERE id IN (<ids>)")
                .bindList("ids", some)
                .map(ENTRY)
                .forEach(each -> found.put(each.getKey(), each.getValue())));
    return found;
  }

  /**
   * Returns the versions of packages of these names.
   *
   * @param account whose images count, if there are too many versions to look at all
   * @param most how many at most
   */
  public static Map<Long, IndexedPackage> named(
      Handle handle, String account, Collection<String> names, int most) {
    return select(handle, "name IN (<texts>)", account, names, most);
  }

  /**
   * Returns the versions of packages of a name, and of those that were built from a source of this
   * name.
   *
   * @param account whose images count, if there are too many versions to look at all
   * @param most how many of each at most
   */
  public static Map<Long, IndexedPackage> meantBy(
      Handle handle, String account, String name, int most) {
    Map<Long, IndexedPackage> found =
        new LinkedHashMap<>(named(handle, account, Set.of(name), most));
    found.putAll(ofSources(handle, account, Set.of(name), most));
    return found;
  }

  /**
   * Returns the versions of packages of these sources. Where the source is not known, the package's
   * own name counts.
   *
   * @param account whose images count, if there are too many versions to look at all
   * @param most how many at most
   */
  public static Map<Long, IndexedPackage> ofSources(
      Handle handle, String account, Collection<String> sources, int most) {
    String condition = "source IN (<texts>) OR (name IN (<texts>) AND source = '')";
    return select(handle, condition, account, sources, most);
  }

  /** What others have in their images must not hide the account's own, however much it is. */
  private static Map<Long, IndexedPackage> select(
      Handle handle, String condition, String account, Collection<String> texts, int most) {
    if (texts.isEmpty()) {
      return Map.of();
    }
    Map<Long, IndexedPackage> found = selected(handle, condition, texts, most);
    if (found.size() < most) {
      return found;
    }
    Map<Long, IndexedPackage> all = selected(handle, condition, texts, Integer.MAX_VALUE);
    Map<Long, BitSet> sets = InventorySets.of(handle, all.keySet());
    BitSet own = InventorySets.ofAccount(handle, account);
    all.keySet().removeIf(key -> !sets.getOrDefault(key, new BitSet()).intersects(own));
    return all.entrySet().stream()
        .limit(most)
        .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static Map<Long, IndexedPackage> selected(
      Handle handle, String condition, Collection<String> texts, int most) {
    Map<Long, IndexedPackage> found = new LinkedHashMap<>();
    handle
        .createQuery(
            "SELECT * FROM package_version WHERE (" + condition + ") ORDER BY id LIMIT :most")
        .bindList("texts", List.copyOf(texts))
        .bind("most", most)
        .map(ENTRY)
        .forEach(each -> found.put(each.getKey(), each.getValue()));
    return found;
  }

  /** Returns the versions of packages that images of a platform have which exist. */
  public static List<IndexedPackage> inUse(Handle handle, String platform) {
    Map<Long, IndexedPackage> all =
        handle
            .createQuery("SELECT * FROM package_version WHERE platform = :platform")
            .bind("platform", platform)
            .map(ENTRY)
            .collectToMap(Map.Entry::getKey, Map.Entry::getValue);
    Map<Long, BitSet> sets = InventorySets.of(handle, all.keySet());
    BitSet existing = InventorySets.ofPlatform(handle, platform);
    return all.entrySet().stream()
        .filter(each -> sets.getOrDefault(each.getKey(), new BitSet()).intersects(existing))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Removes inventories that no image has or had, and the versions that were only in them. */
  public static void removeUnneeded(Handle handle) {
    List<Integer> unneeded =
        handle
            .createQuery(
                """
                SELECT id FROM indexed_inventory
                 WHERE NOT EXISTS (SELECT 1 FROM image_history
                                    WHERE inventory_id = indexed_inventory.id)
                """)
            .mapTo(Integer.class)
            .list();
    if (unneeded.isEmpty()) {
      return;
    }
    InventorySets.remove(handle, unneeded);
    handle.execute(
        """
        DELETE FROM indexed_inventory
         WHERE NOT EXISTS (SELECT 1 FROM image_history WHERE inventory_id = indexed_inventory.id)
        """);
    handle.execute(
        """
        DELETE FROM package_version
         WHERE NOT EXISTS (SELECT 1 FROM package_inventories
                            WHERE package_id = package_version.id)
        """);
  }
}
