package dev.regild.image;

import dev.regild.disk.layers.Layer;
import dev.regild.image.Flattening.State;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The flattenings of images, the last one of each image, and the layers that went out of use by
 * them. Each call takes the caller's handle.
 */
public final class Flattenings {
  private static final String SELECT = "SELECT * FROM flattening ";

  private Flattenings() {}

  /** Writes a new one in the place of one of the same image that has ended. */
  public static void insert(Handle handle, Flattening flattening) {
    findOf(handle, flattening.imageId()).ifPresent(ended -> remove(handle, ended));
    handle
        .createUpdate(
            """
            INSERT INTO flattening (
              id, image_id, image_name, old_layer_id, depth, state, failure, created)
            VALUES (:id, :image, :name, :oldLayer, :depth, :state, :failure, :created)
            """)
        .bind("id", flattening.id())
        .bind("image", flattening.imageId())
        .bind("name", flattening.imageName())
        .bind("oldLayer", flattening.oldLayer())
        .bind("depth", flattening.depth())
        .bind("state", flattening.state().name())
        .bind("failure", flattening.failure().orElse(null))
        .bind("created", flattening.created().toEpochMilli())
        .execute();
  }

  private static void remove(Handle handle, Flattening flattening) {
    JobSteps.removeAll(handle, flattening.id());
    handle
        .createUpdate("DELETE FROM flattening WHERE id = :id")
        .bind("id", flattening.id())
        .execute();
  }

  /** Deletes what is known of an image's flattenings, before the image itself. */
  static void removeAll(Handle handle, String imageId) {
    read(handle, SELECT + "WHERE image_id = :id", imageId).forEach(each -> remove(handle, each));
  }

  /** The one of that id. */
  public static Optional<Flattening> find(Handle handle, String id) {
    return read(handle, SELECT + "WHERE id = :id", id).stream().findFirst();
  }

  /** The last one of an image. */
  public static Optional<Flattening> findOf(Handle handle, String imageId) {
    return read(handle, SELECT + "WHERE image_id = :id", imageId).stream().findFirst();
  }

  /** The one that runs on a layer, for whichever image that stands on it. */
  public static Optional<Flattening> findRunningOn(Handle handle, String layer) {
    return read(handle, SELECT + "WHERE state = 'FLATTENING' AND old_layer_id = :id", layer)
        .stream()
        .findFirst();
  }

  /** How many run for an owner's images. */
  public static long countInFlight(Handle handle, Owner owner) {
    return handle
        .createQuery(
            """
            SELECT COUNT(*) FROM flattening JOIN image ON image.id = flattening.image_id
             WHERE image.account_id = :account AND image.region = :region
               AND flattening.state = 'FLATTENING'
            """)
        .bind("account", owner.accountId())
        .bind("region", owner.region())
        .mapTo(Long.class)
        .one();
  }

  private static List<Flattening> read(Handle handle, String sql, String id) {
    return handle.createQuery(sql).bind("id", id).map((row, _) -> flattening(row)).list();
  }

  /** Ends one as FAILED. */
  public static void fail(Handle handle, Flattening flattening, String why) {
    end(handle, flattening, State.FAILED, Optional.of(why));
  }

  /**
   * Ends one as FLATTENED: every image that stood on the old layer, copies too, stands on the new
   * one. The old chain stays as long as another layer stands on it, see {@link #removeRetired}.
   *
   * @param layer the new one, whose file is in the store
   */
  public static void succeed(Handle handle, Flattening flattening, Layer layer) {
    LayerRecords.insert(handle, layer);
    int moved =
        handle
            .createUpdate("UPDATE image SET layer_id = :new WHERE layer_id = :old")
            .bind("new", layer.id())
            .bind("old", flattening.oldLayer())
            .execute();
    if (moved == 0) {
      throw new IllegalStateException("No image stands on the layer " + flattening.oldLayer());
    }
    handle
        .createUpdate("INSERT INTO retired_layer (layer_id, replaced_by) VALUES (:old, :new)")
        .bind("new", layer.id())
        .bind("old", flattening.oldLayer())
        .execute();
    end(handle, flattening, State.FLATTENED, Optional.empty());
  }

  private static void end(
      Handle handle, Flattening flattening, State state, Optional<String> failure) {
    handle
        .createUpdate("UPDATE flattening SET state = :state, failure = :failure WHERE id = :id")
        .bind("state", state.name())
        .bind("failure", failure.orElse(null))
        .bind("id", flattening.id())
        .execute();
  }

  /**
   * Takes away the layers that went out of use, but for those that an update or an export may still
   * read which runs on an image that stood on them.
   *
   * @return what was taken away; the files can go once the transaction is committed
   */
  public static List<Layer> removeRetired(Handle handle) {
    List<String> idle =
        handle
            .createQuery(
                """
                SELECT layer_id FROM retired_layer
                 WHERE NOT EXISTS (
                         SELECT 1 FROM image JOIN update_run ON existing_image_id = image.id
                          WHERE image.layer_id = replaced_by AND update_run.status = 'RUNNING')
                   AND NOT EXISTS (
                         SELECT 1 FROM image JOIN export_task ON export_task.image_id = image.id
                          WHERE image.layer_id = replaced_by AND export_task.state = 'EXPORTING')
                   AND NOT EXISTS (
                         SELECT 1 FROM flattening
                          WHERE old_layer_id = retired_layer.layer_id AND state = 'FLATTENING')
                """)
            .mapTo(String.class)
            .list();
    List<Layer> removed = new ArrayList<>();
    for (String layer : idle) {
      handle
          .createUpdate("DELETE FROM retired_layer WHERE layer_id = :layer")
          .bind("layer", layer)
          .execute();
      removed.addAll(LayerRecords.removeUnneeded(handle, layer));
    }
    return removed;
  }

  private static Flattening flattening(ResultSet row) throws SQLException {
    return new Flattening(
        row.getString("id"),
        row.getString("image_id"),
        row.getString("image_name"),
        row.getString("old_layer_id"),
        row.getInt("depth"),
        State.valueOf(row.getString("state")),
        Column.text(row, "failure"),
        Instant.ofEpochMilli(row.getLong("created")));
  }
}
