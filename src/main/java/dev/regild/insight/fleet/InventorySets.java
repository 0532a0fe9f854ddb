package dev.regild.insight.fleet;

import dev.regild.db.Portions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * The numbers of the inventories that have a package, as sets of bits in blocks. A package that ten
 * thousand inventories have takes ten rows. Each call takes the caller's handle.
 */
public final class InventorySets {
  /** Numbers in a block: 128 bytes. */
  private static final int BLOCK = 1024;

  private InventorySets() {}

  private record Place(long packageId, int block) {}

  /**
   * Returns sets of inventories.
   *
   * @param packages the packages' keys
   * @return by key
   */
  public static Map<Long, BitSet> of(Handle handle, Collection<Long> packages) {
    Map<Long, BitSet> sets = new HashMap<>();
    Portions.of(packages)
        .forEach(some ->
            handle
                .createQuery("SELECT * FROM package_inventories WHERE package_id IN (<packages>)")
                .bindList("packages", some)
                .map((row, _) -> Map.entry(place(row), row.getBytes("members")))
                .forEach(each -> {
                  BitSet set = sets.computeIfAbsent(each.getKey().packageId(), _ -> new BitSet());
                  int first = each.getKey().block() * BLOCK;
                  BitSet.valueOf(each.getValue()).stream().forEach(bit -> set.set(first + bit));
                }));
    return sets;
  }

  /** Returns the inventories of an account's images, deleted ones included. */
  public static BitSet ofAccount(Handle handle, String account) {
    return set(
        handle
            .createQuery("SELECT inventory_id FROM image_history WHERE account_id = :account")
            .bind("account", account)
            .mapTo(Integer.class)
            .list());
  }

  /** Returns the inventories of a platform's images that exist. */
  static BitSet ofPlatform(Handle handle, String platform) {
    return set(
        handle
            .createQuery(
                """
                SELECT DISTINCT inventory_id FROM image_history
                 WHERE platform = :platform AND deleted IS NULL
                """)
            .bind("platform", platform)
            .mapTo(Integer.class)
            .list());
  }

  private static BitSet set(List<Integer> numbers) {
    BitSet set = new BitSet();
    numbers.forEach(set::set);
    return set;
  }

  /** Adds inventories to the sets of packages. */
  static void add(Handle handle, Map<Long, BitSet> added) {
    Set<Integer> blocks = new HashSet<>();
    Map<Place, BitSet> changed = new HashMap<>();
    added.forEach((key, numbers) ->
        numbers.stream()
            .forEach(number -> {
              blocks.add(number / BLOCK);
              changed
                  .computeIfAbsent(new Place(key, number / BLOCK), _ -> new BitSet())
                  .set(number % BLOCK);
            }));
    Portions.of(added.keySet())
        .forEach(some ->
            handle
                .createQuery(
                    """
                    SELECT * FROM package_inventories
                     WHERE package_id IN (<packages>) AND block IN (<blocks>)
                    """)
                .bindList("packages", some)
                .bindList("blocks", List.copyOf(blocks))
                .map((row, _) -> Map.entry(place(row), BitSet.valueOf(row.getBytes("members"))))
                .forEach(each -> {
                  BitSet set = changed.get(each.getKey());
                  if (set != null) {
                    set.or(each.getValue());
                  }
                }));
    write(handle, changed);
  }

  private static Place place(ResultSet row) throws SQLException {
    return new Place(row.getLong("package_id"), row.getInt("block"));
  }

  private static void write(Handle handle, Map<Place, BitSet> sets) {
    if (sets.isEmpty()) {
      return;
    }
    PreparedBatch rows =
        handle.prepareBatch(
            """
            INSERT INTO package_inventories (package_id, block, members)
            VALUES (:package, :block, :members)
            ON CONFLICT (package_id, block) DO UPDATE SET members = excluded.members
            """);
    sets.forEach((place, set) ->
        rows.bind("package", place.packageId())
            .bind("block", place.block())
            .bind("members", set.toByteArray())
            .add());
    rows.execute();
  }

  /** Removes inventories from all sets. */
  static void remove(Handle handle, Collection<Integer> numbers) {
    Map<Integer, BitSet> gone = new HashMap<>();
    numbers.forEach(
        number -> gone.computeIfAbsent(number / BLOCK, _ -> new BitSet()).set(number % BLOCK));
    gone.forEach((block, members) -> {
      Map<Place, BitSet> left = new HashMap<>();
      handle
          .createQuery("SELECT * FROM package_inventories WHERE block = :block")
          .bind("block", block)
          .map((row, _) -> Map.entry(place(row), BitSet.valueOf(row.getBytes("members"))))
          .forEach(each -> {
            if (each.getValue().intersects(members)) {
              each.getValue().andNot(members);
              left.put(each.getKey(), each.getValue());
            }
          });
      write(handle, left);
    });
    // A set without members has no bytes.
    handle.execute("DELETE FROM package_inventories WHERE LENGTH(members) = 0");
  }
}
