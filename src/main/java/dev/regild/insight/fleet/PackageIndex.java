package dev.regild.insight.fleet;

import dev.regild.inventory.Inventory;
import dev.regild.plan.InstalledPackage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Query;

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

  /** In characters; longer names and versions are not indexed. */
  private static final int LONGEST_TEXT = 300;

  private static final int MOST_AT_ONCE = 1000;

  private static final String OF_ACCOUNT =
      """
       AND EXISTS (SELECT 1 FROM inventory_package
                     JOIN image_history
                       ON image_history.inventory_id = inventory_package.inventory_id
                    WHERE package_id = package_version.id AND account_id = :account)
      """;

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
   * Adds an inventory, unless the index has it.
   *
   * @param digest of the inventory
   */
  public static void add(Handle handle, String digest, Inventory inventory) {
    if (has(handle, digest)) {
      return;
    }
    Set<IndexedPackage> packages = packages(inventory);
    boolean whole =
        inventory.packages().stream()
            .allMatch(
                each -> packages.contains(IndexedPackage.of(inventory.os().platform(), each)));
    int id =
        handle
            .createQuery("SELECT COALESCE(MAX(id), 0) + 1 FROM indexed_inventory")
            .mapTo(Integer.class)
            .one();
    handle
        .createUpdate(
            "INSERT INTO indexed_inventory (id, digest, whole) VALUES (:id, :digest, :whole)")
        .bind("id", id)
        .bind("digest", digest)
        .bind("whole", whole)
        .execute();
    PreparedBatch rows =
        handle.prepareBatch(
            "INSERT INTO inventory_package (package_id, inventory_id) VALUES (:package, :id)");
    for (long each : stored(handle, packages)) {
      rows.bind("package", each).bind("id", id).add();
    }
    if (rows.size() > 0) {
      rows.execute();
    }
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
      if (packages.size() < MOST_PACKAGES
          && each.name().length() <= LONGEST_TEXT
          && each.version().length() <= LONGEST_TEXT
          && each.architecture().length() <= LONGEST_TEXT) {
        packages.add(IndexedPackage.of(inventory.os().platform(), each));
      }
    }
    return packages;
  }

  /** Returns the keys of these packages, which are stored if they are not yet. */
  private static Collection<Long> stored(Handle handle, Set<IndexedPackage> packages) {
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
    return keys.keySet();
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
    List<Long> all = List.copyOf(ids);
    for (int from = 0; from < all.size(); from += MOST_AT_ONCE) {
      handle
          .createQuery("SELECT * FROM package_version WHERE id IN (<ids>)")
          .bindList("ids", all.subList(from, Math.min(all.size(), from + MOST_AT_ONCE)))
          .map(ENTRY)
          .forEach(each -> found.put(each.getKey(), each.getValue()));
    }
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
    Map<Long, IndexedPackage> found = select(handle, condition, Optional.empty(), texts, most);
    return found.size() < most
        ? found
        : select(handle, condition, Optional.of(account), texts, most);
  }

  private static Map<Long, IndexedPackage> select(
      Handle handle,
      String condition,
      Optional<String> account,
      Collection<String> texts,
      int most) {
    Query query =
        handle.createQuery(
            "SELECT * FROM package_version WHERE ("
                + condition
                + ")"
                + account.map(_ -> OF_ACCOUNT).orElse("")
                + " ORDER BY id LIMIT :most");
    account.ifPresent(id -> query.bind("account", id));
    Map<Long, IndexedPackage> found = new LinkedHashMap<>();
    query
        .bindList("texts", List.copyOf(texts))
        .bind("most", most)
        .map(ENTRY)
        .forEach(each -> found.put(each.getKey(), each.getValue()));
    return found;
  }

  /** Returns the versions of packages that images of a platform have which exist. */
  public static List<IndexedPackage> inUse(Handle handle, String platform) {
    return handle
        .createQuery(
            """
            SELECT * FROM package_version
             WHERE id IN (
               SELECT DISTINCT package_id FROM inventory_package
                WHERE inventory_id IN (SELECT inventory_id FROM image_history
                                        WHERE platform = :platform AND deleted IS NULL))
             ORDER BY id
            """)
        .bind("platform", platform)
        .map(PACKAGE)
        .list();
  }

  /** Removes inventories that no image has or had, and the versions that were only in them. */
  public static void removeUnneeded(Handle handle) {
    handle.execute(
        """
        DELETE FROM indexed_inventory
         WHERE NOT EXISTS (SELECT 1 FROM image_history WHERE inventory_id = indexed_inventory.id)
        """);
    handle.execute(
        """
        DELETE FROM package_version
         WHERE NOT EXISTS (SELECT 1 FROM inventory_package WHERE package_id = package_version.id)
        """);
  }
}
