package dev.regild.insight.provenance;

import com.github.luben.zstd.Zstd;
import dev.regild.db.DatabaseTime;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The signed statements of exported disks, by the SHA-256 of their files, each with the bill of
 * materials of its image. They outlive the images. Each call takes the caller's handle.
 */
public final class ExportStatements {
  /** How long they are kept. */
  private static final Duration KEPT = Duration.ofDays(400);

  private ExportStatements() {}

  /**
   * What belongs beside an exported disk.
   *
   * @param envelope the signed statement, in JSON
   * @param bill the bill of materials, as CycloneDX
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Beside(String imageName, byte[] envelope, byte[] bill) {}

  /** Stores what belongs beside an exported disk, in the place of what was stored for it before. */
  public static void put(Handle handle, String account, String sha256, Beside beside) {
    long now = DatabaseTime.now(handle).toEpochMilli();
    handle
        .createUpdate(
            """
            INSERT INTO export_statement (
              account_id, sha256, image_name, created, compressed_envelope, compressed_bill)
            VALUES (:account, :sha256, :name, :now, :envelope, :bill)
            ON CONFLICT (account_id, sha256) DO UPDATE
               SET image_name = excluded.image_name, created = excluded.created,
                   compressed_envelope = excluded.compressed_envelope,
                   compressed_bill = excluded.compressed_bill
            """)
        .bind("account", account)
        .bind("sha256", sha256)
        .bind("name", beside.imageName())
        .bind("now", now)
        .bind("envelope", Zstd.compress(beside.envelope()))
        .bind("bill", Zstd.compress(beside.bill()))
        .execute();
    handle
        .createUpdate("DELETE FROM export_statement WHERE created < :before")
        .bind("before", now - KEPT.toMillis())
        .execute();
  }

  /** Returns what belongs beside an account's exported disk. */
  public static Optional<Beside> find(Handle handle, String account, String sha256) {
    return handle
        .createQuery(
            "SELECT * FROM export_statement WHERE account_id = :account AND sha256 = :sha256")
        .bind("account", account)
        .bind("sha256", sha256)
        .map((row, _) ->
            new Beside(
                row.getString("image_name"),
                Zstd.decompress(row.getBytes("compressed_envelope")),
                Zstd.decompress(row.getBytes("compressed_bill"))))
        .findOne();
  }
}
