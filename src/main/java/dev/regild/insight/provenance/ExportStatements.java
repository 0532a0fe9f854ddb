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

  /**
   * How many are kept of an account, and as many again of its keys that may only read: each
   * download of a disk may make another.
   */
  private static final int MOST = 100;

  /** The largest bill of materials that is stored. */
  private static final int MOST_BILL_BYTES = 8 << 20;

  private ExportStatements() {}

  /**
   * What belongs beside an exported disk.
   *
   * @param envelope the signed statement, in JSON
   * @param bill the bill of materials, as CycloneDX; empty if none was stored
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Beside(String imageName, byte[] envelope, byte[] bill) {}

  /**
   * Returns a bill of materials as it is stored, without its content if it is too large. It takes a
   * while: make it before the transaction that stores it.
   */
  public static byte[] packed(byte[] bill) {
    return Zstd.compress(bill.length > MOST_BILL_BYTES ? new byte[0] : bill);
  }

  /**
   * Stores what belongs beside an exported disk, in the place of what was stored for it before. Of
   * the account's others, the oldest are removed if there are too many. A key that may only read
   * has none removed that another key asked for.
   *
   * @param readOnly whether the caller's key may only read
   * @param packedBill its bill of materials, from {@link #packed}
   */
  public static void put(
      Handle handle,
      String account,
      boolean readOnly,
      String sha256,
      String imageName,
      byte[] envelope,
      byte[] packedBill) {
    long now = DatabaseTime.now(handle).toEpochMilli();
    handle
        .createUpdate(
            """
            INSERT INTO export_statement (
              account_id, sha256, image_name, created, compressed_envelope, compressed_bill,
              by_reader)
            VALUES (:account, :sha256, :name, :now, :envelope, :bill, :readOnly)
            ON CONFLICT (account_id, sha256) DO UPDATE
               SET image_name = excluded.image_name, created = excluded.created,
                   compressed_envelope = excluded.compressed_envelope,
                   compressed_bill = excluded.compressed_bill,
                   by_reader = excluded.by_reader AND export_statement.by_reader
            """)
        .bind("account", account)
        .bind("sha256", sha256)
        .bind("name", imageName)
        .bind("now", now)
        .bind("envelope", Zstd.compress(envelope))
        .bind("bill", packedBill)
        .bind("readOnly", readOnly)
        .execute();
    handle
        .createUpdate("DELETE FROM export_statement WHERE created < :before")
        .bind("before", now - KEPT.toMillis())
        .execute();
    // The new one stays even if the clock was set back.
    handle
        .createUpdate(
            """
            DELETE FROM export_statement
             WHERE account_id = :account AND sha256 <> :sha256 AND by_reader = :readOnly
               AND sha256 NOT IN (
                   SELECT sha256 FROM export_statement
                    WHERE account_id = :account AND sha256 <> :sha256 AND by_reader = :readOnly
                    ORDER BY created DESC, sha256
                    LIMIT :others)
            """)
        .bind("account", account)
        .bind("sha256", sha256)
        .bind("readOnly", readOnly)
        .bind("others", MOST - 1)
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
