package dev.regild.insight.provenance;

import com.github.luben.zstd.Zstd;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The signed statements of images, numbered from 1. Flattening an image adds one, as the image has
 * another layer from then on; the earlier ones stay. Each call takes the caller's handle.
 */
public final class Statements {
  private Statements() {}

  /**
   * A statement that is kept.
   *
   * @param number within its image
   * @param envelope as it was signed, in JSON
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Kept(int number, byte[] envelope) {}

  /** Adds a statement to those of an image. */
  public static void add(Handle handle, String imageId, Envelope envelope) {
    handle
        .createUpdate(
            """
            INSERT INTO statement (image_id, number, compressed_envelope)
            VALUES (:image,
                    (SELECT COALESCE(MAX(number), 0) + 1 FROM statement WHERE image_id = :image),
                    :envelope)
            """)
        .bind("image", imageId)
        .bind("envelope", Zstd.compress(envelope.json()))
        .execute();
  }

  /** Gives a copy the statements of its source. */
  public static void copy(Handle handle, String fromImageId, String toImageId) {
    handle
        .createUpdate(
            """
            INSERT INTO statement (image_id, number, compressed_envelope)
            SELECT :to, number, compressed_envelope FROM statement WHERE image_id = :from
            """)
        .bind("from", fromImageId)
        .bind("to", toImageId)
        .execute();
  }

  /** Returns an image's newest statement, which is about the layers that it has now. */
  public static Optional<Kept> newest(Handle handle, String imageId) {
    return handle
        .createQuery(
            """
            SELECT number, compressed_envelope FROM statement
             WHERE image_id = :image ORDER BY number DESC LIMIT 1
            """)
        .bind("image", imageId)
        .map((row, _) ->
            new Kept(row.getInt("number"), Zstd.decompress(row.getBytes("compressed_envelope"))))
        .findOne();
  }

  /** Returns how many statements an image has. */
  public static int count(Handle handle, String imageId) {
    return handle
        .createQuery("SELECT COUNT(*) FROM statement WHERE image_id = :image")
        .bind("image", imageId)
        .mapTo(Integer.class)
        .one();
  }

  /** Returns one of an image's statements. */
  public static Optional<Kept> find(Handle handle, String imageId, int number) {
    return handle
        .createQuery(
            """
            SELECT compressed_envelope FROM statement
             WHERE image_id = :image AND number = :number
            """)
        .bind("image", imageId)
        .bind("number", number)
        .mapTo(byte[].class)
        .findOne()
        .map(packed -> new Kept(number, Zstd.decompress(packed)));
  }
}
