package dev.regild.image;

import dev.regild.disk.layers.Layer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * What the registry knows of the layer store's files. A layer stays until neither an image nor
 * another layer stands on it.
 */
public final class LayerRecords {
  private static final String SELECT =
      "SELECT id, base_id, bytes, virtual_bytes, sha256, attempt FROM layer ";

  private LayerRecords() {}

  /** Writes down a layer whose file is in the store; its base has to be here already. */
  public static void insert(Handle handle, Layer layer) {
    handle
        .createUpdate(
            """
            INSERT INTO layer (id, base_id, bytes, virtual_bytes, sha256, attempt)
            VALUES (:id, :base, :bytes, :virtualBytes, :sha256, :attempt)
            """)
        .bind("id", layer.id())
        .bind("base", layer.base().orElse(null))
        .bind("bytes", layer.bytes())
        .bind("virtualBytes", layer.virtualBytes())
        .bind("sha256", layer.sha256())
        .bind("attempt", layer.attempt())
        .execute();
  }

  public static Optional<Layer> find(Handle handle, String id) {
    return handle
        .createQuery(SELECT + "WHERE id = :id")
        .bind("id", id)
        .map((row, _) -> layer(row))
        .findOne();
  }

  /** Returns those of the layers that are known. */
  public static List<Layer> find(Handle handle, Collection<String> ids) {
    return ids.isEmpty()
        ? List.of()
        : handle
            .createQuery(SELECT + "WHERE id IN (<ids>)")
            .bindList("ids", List.copyOf(ids))
            .map((row, _) -> layer(row))
            .list();
  }

  /** Returns layers whose ids come after this one, in the order of their ids. */
  public static List<Layer> after(Handle handle, String id, int most) {
    return handle
        .createQuery(SELECT + "WHERE id > :id ORDER BY id LIMIT :most")
        .bind("id", id)
        .bind("most", most)
        .map((row, _) -> layer(row))
        .list();
  }

  /** The layer and all that it stands on, the top one first. */
  public static List<Layer> chain(Handle handle, String id) {
    List<Layer> chain = new ArrayList<>();
    Optional<Layer> next = find(handle, id);
    while (next.isPresent()) {
      chain.add(next.get());
      next = next.get().base().flatMap(base -> find(handle, base));
    }
    return chain;
  }

  /** Every layer: a file of the store that isn't among them is a leftover. */
  public static List<Layer> list(Handle handle) {
    return handle.createQuery(SELECT + "ORDER BY id").map((row, _) -> layer(row)).list();
  }

  public static long count(Handle handle) {
    return handle.createQuery("SELECT COUNT(*) FROM layer").mapTo(Long.class).one();
  }

  /** Returns layers whose objects were last read before a moment, the longest ago first. */
  public static List<Layer> scrubbedBefore(Handle handle, long before, int most) {
    return handle
        .createQuery(SELECT + "WHERE scrubbed < :before ORDER BY scrubbed, id LIMIT :most")
        .bind("before", before)
        .bind("most", most)
        .map((row, _) -> layer(row))
        .list();
  }

  /** Records that the layer's object was read and found unchanged. */
  public static void scrubbed(Handle handle, String id, long at) {
    handle
        .createUpdate("UPDATE layer SET scrubbed = :at WHERE id = :id")
        .bind("at", at)
        .bind("id", id)
        .execute();
  }

  /**
   * Takes away the layer, and then those below it, as far as nothing stands on them.
   *
   * @return what was taken away, the top one first; the files can go once the transaction is
   *     committed
   */
  static List<Layer> removeUnneeded(Handle handle, String id) {
    List<Layer> removed = new ArrayList<>();
    Optional<Layer> next = find(handle, id);
    while (next.isPresent() && removeIfUnneeded(handle, next.get())) {
      removed.add(next.get());
      next = next.get().base().flatMap(base -> find(handle, base));
    }
    return removed;
  }

  private static boolean removeIfUnneeded(Handle handle, Layer layer) {
    return handle
            .createUpdate(
                """
                DELETE FROM layer
                 WHERE id = :id
                   AND NOT EXISTS (SELECT 1 FROM image WHERE layer_id = :id)
                   AND NOT EXISTS (SELECT 1 FROM layer AS above WHERE above.base_id = :id)
                   AND NOT EXISTS (SELECT 1 FROM retired_layer WHERE layer_id = :id)
                """)
            .bind("id", layer.id())
            .execute()
        == 1;
  }

  private static Layer layer(ResultSet row) throws SQLException {
    return new Layer(
        row.getString("id"),
        Column.text(row, "base_id"),
        row.getLong("bytes"),
        row.getLong("virtual_bytes"),
        row.getString("sha256"),
        row.getInt("attempt"));
  }
}
