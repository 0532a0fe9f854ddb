package dev.regild.image;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What the deletion of images frees. Images share layers: a layer goes when neither an image nor
 * another layer stands on it.
 */
public final class FreedBytes {
  private final Map<String, Standing> layers = new HashMap<>();
  private final Map<String, String> layerOfImage = new HashMap<>();
  private final Set<String> gone = new HashSet<>();

  private FreedBytes() {}

  /** A layer, with how much stands on it. */
  private static final class Standing {
    private final @Nullable String base;
    private final long bytes;
    private int on;

    Standing(@Nullable String base, long bytes) {
      this.base = base;
      this.bytes = bytes;
    }
  }

  /** Reads all layers. What policies have deleted before counts as gone. */
  public static FreedBytes read(Handle handle) {
    FreedBytes freed = new FreedBytes();
    handle
        .createQuery("SELECT id, base_id, bytes FROM layer")
        .map((row, _) ->
            Map.entry(
                row.getString("id"), new Standing(row.getString("base_id"), row.getLong("bytes"))))
        .forEach(each -> freed.layers.put(each.getKey(), each.getValue()));
    freed.layers.values().forEach(layer -> freed.standOn(layer.base));
    handle
        .createQuery("SELECT id, layer_id FROM image WHERE layer_id IS NOT NULL")
        .map((row, _) -> Map.entry(row.getString("id"), row.getString("layer_id")))
        .forEach(each -> {
          freed.layerOfImage.put(each.getKey(), each.getValue());
          freed.standOn(each.getValue());
        });
    // Kept for a job that reads it; a deletion frees nothing of it.
    handle
        .createQuery("SELECT layer_id FROM retired_layer")
        .mapTo(String.class)
        .forEach(freed::standOn);
    List<String> binned =
        handle.createQuery("SELECT image_id FROM binned_image").mapTo(String.class).list();
    var _ = freed.delete(binned);
    return freed;
  }

  private void standOn(@Nullable String layer) {
    Standing standing = layer == null ? null : layers.get(layer);
    if (standing != null) {
      standing.on++;
    }
  }

  /** Returns the bytes of the layers that go with these images and that did not go before. */
  public long delete(Collection<String> imageIds) {
    long bytes = 0;
    for (String id : new ArrayList<>(imageIds)) {
      String layer = layerOfImage.get(id);
      if (layer != null && gone.add(id)) {
        bytes += leave(layer);
      }
    }
    return bytes;
  }

  private long leave(String id) {
    long bytes = 0;
    Standing layer = layers.get(id);
    while (layer != null) {
      layer.on--;
      if (layer.on > 0) {
        break;
      }
      bytes += layer.bytes;
      layer = layer.base == null ? null : layers.get(layer.base);
    }
    return bytes;
  }
}
