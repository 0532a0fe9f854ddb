package dev.regild.disk.upload;

import dev.regild.db.DatabaseTime;
import dev.regild.store.HalfUpload;
import dev.regild.store.UploadedPart;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/** The registry's records of uploads that are not complete. */
public final class UploadRecords {
  private static final String SELECT =
      "SELECT id, account_id, object, multipart, declared, received, begun FROM upload ";

  private UploadRecords() {}

  static void insert(
      Handle handle, String id, String account, HalfUpload parts, OptionalLong declared) {
    long now = DatabaseTime.now(handle).toEpochMilli();
    handle
        .createUpdate(
            """
            INSERT INTO upload
                   (id, account_id, object, multipart, declared, digest, begun, touched)
            VALUES (:id, :account, :object, :multipart, :declared, :digest, :now, :now)
            """)
        .bind("id", id)
        .bind("account", account)
        .bind("object", parts.name())
        .bind("multipart", parts.id())
        .bind("declared", declared.isPresent() ? declared.getAsLong() : null)
        .bind("digest", new SavedSha256().state())
        .bind("now", now)
        .execute();
  }

  static Optional<Upload> find(Handle handle, String id) {
    return handle
        .createQuery(SELECT + "WHERE id = :id")
        .bind("id", id)
        .map((row, _) -> upload(row))
        .findOne();
  }

  /** Returns the uploads of an account, the oldest first. */
  static List<Upload> list(Handle handle, String account) {
    return handle
        .createQuery(SELECT + "WHERE account_id = :account ORDER BY begun, id")
        .bind("account", account)
        .map((row, _) -> upload(row))
        .list();
  }

  /**
   * Makes somebody the only one who appends from an offset on.
   *
   * @return false if the upload does not end there
   */
  static boolean claim(Handle handle, String id, long offset, String appender) {
    return handle
            .createUpdate(
                """
                UPDATE upload SET appender = :appender, touched = :now
                 WHERE id = :id AND received = :offset
                """)
            .bind("appender", appender)
            .bind("now", DatabaseTime.now(handle).toEpochMilli())
            .bind("id", id)
            .bind("offset", offset)
            .execute()
        == 1;
  }

  static byte[] digest(Handle handle, String id) {
    return handle
        .createQuery("SELECT digest FROM upload WHERE id = :id")
        .bind("id", id)
        .mapTo(byte[].class)
        .one();
  }

  /** Returns a number that no part was sent under yet; empty if another appends now. */
  static Optional<Integer> takePartNumber(Handle handle, String id, String appender) {
    int taken =
        handle
            .createUpdate(
                "UPDATE upload SET next_part = next_part + 1 WHERE id = :id AND appender ="
                    + " :appender")
            .bind("id", id)
            .bind("appender", appender)
            .execute();
    return taken == 0
        ? Optional.empty()
        : handle
            .createQuery("SELECT next_part - 1 FROM upload WHERE id = :id")
            .bind("id", id)
            .mapTo(Integer.class)
            .findOne();
  }

  /**
   * Records a part that the store has.
   *
   * @param before the upload's size without it
   * @param digest the state of the SHA-256 after it
   * @return false if another appends now
   */
  static boolean append(
      Handle handle, String id, String appender, long before, UploadedPart part, byte[] digest) {
    int appended =
        handle
            .createUpdate(
                """
                UPDATE upload SET received = received + :bytes, digest = :digest, touched = :now
                 WHERE id = :id AND appender = :appender AND received = :before
                """)
            .bind("bytes", part.bytes())
            .bind("digest", digest)
            .bind("now", DatabaseTime.now(handle).toEpochMilli())
            .bind("id", id)
            .bind("appender", appender)
            .bind("before", before)
            .execute();
    if (appended == 1) {
      handle
          .createUpdate(
              "INSERT INTO upload_part (upload_id, number, tag, bytes) VALUES (:id, :number, :tag,"
                  + " :bytes)")
          .bind("id", id)
          .bind("number", part.number())
          .bind("tag", part.tag())
          .bind("bytes", part.bytes())
          .execute();
    }
    return appended == 1;
  }

  /** Returns the parts in their order. */
  static List<UploadedPart> parts(Handle handle, String id) {
    return handle
        .createQuery(
            "SELECT number, tag, bytes FROM upload_part WHERE upload_id = :id ORDER BY number")
        .bind("id", id)
        .map((row, _) ->
            new UploadedPart(row.getInt("number"), row.getString("tag"), row.getLong("bytes")))
        .list();
  }

  /** Forgets an upload. */
  static boolean delete(Handle handle, String id) {
    return handle.createUpdate("DELETE FROM upload WHERE id = :id").bind("id", id).execute() == 1;
  }

  /** Forgets an upload, unless another appends now. */
  static boolean delete(Handle handle, String id, String appender) {
    return handle
            .createUpdate("DELETE FROM upload WHERE id = :id AND appender = :appender")
            .bind("id", id)
            .bind("appender", appender)
            .execute()
        == 1;
  }

  /** Returns those of the ids whose uploads are under way. */
  public static List<String> underWay(Handle handle, Collection<String> ids) {
    return ids.isEmpty()
        ? List.of()
        : handle
            .createQuery("SELECT id FROM upload WHERE id IN (<ids>)")
            .bindList("ids", List.copyOf(ids))
            .mapTo(String.class)
            .list();
  }

  /**
   * Forgets the uploads that nobody has appended to for this long.
   *
   * @return their parts, to be removed from the store
   */
  public static List<HalfUpload> forgetAbandoned(Handle handle, Duration silent) {
    long before = DatabaseTime.now(handle).minus(silent).toEpochMilli();
    List<Upload> abandoned =
        handle
            .createQuery(SELECT + "WHERE touched < :before")
            .bind("before", before)
            .map((row, _) -> upload(row))
            .list();
    abandoned.forEach(upload -> delete(handle, upload.id()));
    return abandoned.stream().map(Upload::stored).toList();
  }

  private static Upload upload(ResultSet row) throws SQLException {
    long declared = row.getLong("declared");
    OptionalLong size = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(declared);
    return new Upload(
        row.getString("id"),
        row.getString("account_id"),
        Optional.of(new HalfUpload(row.getString("object"), row.getString("multipart"))),
        size,
        row.getLong("received"),
        Instant.ofEpochMilli(row.getLong("begun")));
  }
}
