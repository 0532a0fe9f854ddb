package dev.regild.disk.upload;

import dev.regild.disk.DiskFormat;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectRecords;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.json.JsonMapper;

/** The registry's records of disks whose files are objects of a store. */
final class DiskRecords {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final String SELECT =
      """
      SELECT id, account_id, origin, format, object, received, packed, bytes, sha256
        FROM disk JOIN stored_object ON stored_object.name = disk.object
      """;

  private DiskRecords() {}

  /**
   * A disk and its object.
   *
   * @param object the object's name
   */
  record Stored(UploadedDisk disk, String object) {}

  /** Records a disk whose object the store has. */
  static void insert(Handle handle, Stored stored) {
    UploadedDisk disk = stored.disk();
    ObjectRecords.insert(handle, new ObjectRecord(stored.object(), disk.bytes(), disk.sha256()));
    handle
        .createUpdate(
            """
            INSERT INTO disk (id, account_id, origin, format, object, received, packed)
            VALUES (:id, :account, :origin, :format, :object, :received, :packed)
            """)
        .bind("id", disk.id())
        .bind("account", disk.account())
        .bind("origin", disk.origin().name())
        .bind("format", disk.format().name())
        .bind("object", stored.object())
        .bind("received", disk.received().toEpochMilli())
        .bind("packed", disk.packed().map(JSON::writeValueAsString).orElse(null))
        .execute();
  }

  static Optional<Stored> find(Handle handle, String id) {
    return handle
        .createQuery(SELECT + "WHERE id = :id")
        .bind("id", id)
        .map((row, _) -> stored(row))
        .findOne();
  }

  /** Returns the disks of an account, the oldest first. */
  static List<UploadedDisk> list(Handle handle, String account) {
    return handle
        .createQuery(SELECT + "WHERE account_id = :account ORDER BY received, id")
        .bind("account", account)
        .map((row, _) -> stored(row).disk())
        .list();
  }

  /** Forgets a disk; the garbage collection removes its object. */
  static void delete(Handle handle, String id) {
    Optional<Stored> stored = find(handle, id);
    handle.createUpdate("DELETE FROM disk WHERE id = :id").bind("id", id).execute();
    stored.ifPresent(it -> ObjectRecords.delete(handle, it.object()));
  }

  private static Stored stored(ResultSet row) throws SQLException {
    return new Stored(
        new UploadedDisk(
            row.getString("id"),
            row.getString("account_id"),
            UploadedDisk.Origin.valueOf(row.getString("origin")),
            DiskFormat.valueOf(row.getString("format")),
            row.getLong("bytes"),
            row.getString("sha256"),
            Instant.ofEpochMilli(row.getLong("received")),
            Optional.ofNullable(row.getString("packed"))
                .map(json -> JSON.readValue(json, UploadedDisk.Packed.class))),
        row.getString("object"));
  }
}
