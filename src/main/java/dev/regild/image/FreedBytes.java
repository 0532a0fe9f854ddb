package dev.regild.image;

import dev.regild.db.Portions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What the deletion of images frees. Images share layers: a layer goes when neither an image nor
 * another layer stands on it. Takes the caller's handle.
 */
public final class FreedBytes {
  /** To read all layers is faster than to ask for so many. */
  private static final int FEW = 3000;

  private final Handle handle;
  private final Map<String, Standing> layers = new HashMap<>();

  private FreedBytes(Handle handle) {
    this.handle = handle;
  }

  /** A layer, with the number of images and layers that stand on it. */
  private static final class Standing {
    private final @Nullable String base;
    private final long bytes;
    private int on;

    Standing(@Nullable String base, long bytes, int on) {
      this.base = base;
      this.bytes = bytes;
      this.on = on;
    }
  }

  /**
   * Returns the bytes of the layers that go with these images. Layers that go with what policies
   * have deleted before do not count.
   */
  public static long of(Handle handle, Collection<String> imageIds) {
    FreedBytes freed = new FreedBytes(handle);
    Set<String> binned =
        new HashSet<>(
            handle.createQuery("SELECT image_id FROM binned_image").mapTo(String.class).list());
    Set<String> deleted = new HashSet<>(imageIds);
    deleted.removeAll(binned);
    if (binned.size() + deleted.size() > FEW) {
      freed.readAll();
      Map<String, String> on = freed.layersOfAll();
      var _ = freed.delete(on, binned);
      return freed.delete(on, deleted);
    }
    var _ = freed.delete(freed.layersOf(binned), binned);
    return freed.delete(freed.layersOf(deleted), deleted);
  }

  private long delete(Map<String, String> layerOfImage, Set<String> images) {
    long bytes = 0;
    for (String image : images) {
      String layer = layerOfImage.get(image);
      bytes += layer == null ? 0 : leave(layer);
    }
    return bytes;
  }

  private long leave(String id) {
    long bytes = 0;
    Optional<Standing> layer = find(id);
    while (layer.isPresent() && --layer.get().on == 0) {
      bytes += layer.get().bytes;
      String base = layer.get().base;
      layer = base == null ? Optional.empty() : find(base);
    }
    return bytes;
  }

  private Optional<Standing> find(String id) {
    Standing known = layers.get(id);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Standing> read =
        handle
            .createQuery(
                """
                SELECT base_id, bytes,
                       (SELECT COUNT(*) FROM image WHERE layer_id = layer.id)
                       + (SELECT COUNT(*) FROM layer AS above WHERE above.base_id = layer.id)
                       + (SELECT COUNT(*) FROM retired_layer WHERE layer_id = layer.id)
                  FROM layer WHERE id = :id
                """)
            .bind("id", id)
            .map((row, _) -> new Standing(row.getString(1), row.getLong(2), row.getInt(3)))
            .findOne();
    read.ifPresent(each -> layers.put(id, each));
    return read;
  }

  private void readAll() {
    handle
        .createQuery("SELECT id, base_id, bytes FROM layer")
        .map((row, _) -> read(row))
        .forEach(each -> layers.put(each.getKey(), each.getValue()));
    layers.values().forEach(layer -> standOn(layer.base));
    handle
        .createQuery("SELECT layer_id FROM retired_layer")
        .mapTo(String.class)
        .forEach(this::standOn);
  }

  private static Map.Entry<String, Standing> read(ResultSet row) throws SQLException {
    return Map.entry(row.getString(1), new Standing(row.getString(2), row.getLong(3), 0));
  }

  private void standOn(@Nullable String layer) {
    Standing standing = layer == null ? null : layers.get(layer);
    if (standing != null) {
      standing.on++;
    }
  }

  /** Reads on which layers images stand, and has them stand there. */
  private Map<String, String> layersOfAll() {
    Map<String, String> found = new HashMap<>();
    handle
        .createQuery("SELECT id, layer_id FROM image WHERE layer_id IS NOT NULL")
        .map((row, _) -> Map.entry(row.getString(1), row.getString(2)))
        .forEach(each -> {
          found.put(each.getKey(), each.getValue());
          standOn(each.getValue());
        });
    return found;
  }

  private Map<String, String> layersOf(Collection<String> images) {
    Map<String, String> found = new HashMap<>();
    Portions.of(images)
        .forEach(some ->
            handle
                .createQuery(
                    "SELECT id, layer_id FROM image WHERE id IN (<ids>) AND layer_id IS NOT NULL")
                .bindList("ids", some)
                .map((row, _) -> Map.entry(row.getString(1), row.getString(2)))
                .forEach(each -> found.put(each.getKey(), each.getValue())));
    return found;
  }
}
