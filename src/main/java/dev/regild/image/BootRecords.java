package dev.regild.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import dev.regild.machine.BootEvidence;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** What was seen of the boots of images' qualifications. Each call takes the caller's handle. */
public final class BootRecords {
  private BootRecords() {}

  /** Stores what was seen of an image's boot, in the place of what was seen before. */
  public static void put(Handle handle, String imageId, BootEvidence seen) {
    handle
        .createUpdate(
            """
            INSERT INTO boot_evidence (image_id, reported, took_millis, compressed_console, screen)
            VALUES (:image, :reported, :took, :console, :screen)
            ON CONFLICT (image_id) DO UPDATE
               SET reported = excluded.reported, took_millis = excluded.took_millis,
                   compressed_console = excluded.compressed_console, screen = excluded.screen
            """)
        .bind("image", imageId)
        .bind("reported", seen.reported().toEpochMilli())
        .bind("took", seen.took().toMillis())
        .bind("console", Zstd.compress(seen.console().getBytes(UTF_8)))
        .bind("screen", seen.screen().orElse(null))
        .execute();
  }

  /** Gives a copy what was seen of its source's boot: it has the same disk. */
  public static void copy(Handle handle, String fromImageId, String toImageId) {
    handle
        .createUpdate(
            """
            INSERT INTO boot_evidence (image_id, reported, took_millis, compressed_console, screen)
            SELECT :to, reported, took_millis, compressed_console, screen
              FROM boot_evidence WHERE image_id = :from
            """)
        .bind("from", fromImageId)
        .bind("to", toImageId)
        .execute();
  }

  /** Returns what was seen of an image's boot. */
  public static Optional<BootEvidence> find(Handle handle, String imageId) {
    return handle
        .createQuery("SELECT * FROM boot_evidence WHERE image_id = :image")
        .bind("image", imageId)
        .map((row, _) ->
            new BootEvidence(
                Instant.ofEpochMilli(row.getLong("reported")),
                Duration.ofMillis(row.getLong("took_millis")),
                new String(Zstd.decompress(row.getBytes("compressed_console")), UTF_8),
                Optional.ofNullable(row.getBytes("screen"))))
        .findOne();
  }
}
