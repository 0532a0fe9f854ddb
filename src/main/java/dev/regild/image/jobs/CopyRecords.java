package dev.regild.image.jobs;

import dev.regild.image.Image;
import dev.regild.image.Images;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The copies in flight. While one is here its source can't be deleted. Each call takes the caller's
 * handle.
 */
public final class CopyRecords {
  private CopyRecords() {}

  /** Writes a copy down; its image has to be there already. */
  public static void start(Handle handle, Image copy, Image source) {
    handle
        .createUpdate("INSERT INTO image_copy (image_id, source_image_id) VALUES (:image, :source)")
        .bind("image", copy.id())
        .bind("source", source.id())
        .execute();
  }

  /** What is copied; empty if the copy has ended. */
  public static Optional<Image> source(Handle handle, Image copy) {
    return handle
        .createQuery("SELECT source_image_id FROM image_copy WHERE image_id = :image")
        .bind("image", copy.id())
        .mapTo(String.class)
        .findOne()
        .flatMap(id -> Images.findById(handle, id));
  }

  /** Takes a copy that has ended away; nothing happens if it is gone. */
  public static void end(Handle handle, Image copy) {
    handle
        .createUpdate("DELETE FROM image_copy WHERE image_id = :image")
        .bind("image", copy.id())
        .execute();
  }
}
