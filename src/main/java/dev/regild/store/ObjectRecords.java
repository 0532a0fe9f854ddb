package dev.regild.store;

import dev.regild.db.DatabaseTime;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** The registry's records of objects that are not layers: disks, files of channels, packages. */
public final class ObjectRecords {
  private static final String SELECT = "SELECT name, bytes, sha256 FROM stored_object ";

  private ObjectRecords() {}

  /** Records an object that the store has. */
  public static void insert(Handle handle, ObjectRecord object) {
    handle
        .createUpdate(
            """
            INSERT INTO stored_object (name, bytes, sha256, written)
            VALUES (:name, :bytes, :sha256, :written)
            """)
        .bind("name", object.name())
        .bind("bytes", object.bytes())
        .bind("sha256", object.sha256())
        .bind("written", DatabaseTime.now(handle).toEpochMilli())
        .execute();
  }

  public static Optional<ObjectRecord> find(Handle handle, String name) {
    return handle
        .createQuery(SELECT + "WHERE name = :name")
        .bind("name", name)
        .map((row, _) -> object(row))
        .findOne();
  }

  /** Returns an object of this content whose name begins so. */
  public static Optional<ObjectRecord> withContent(Handle handle, String beginning, String sha256) {
    return handle
        .createQuery(SELECT + "WHERE sha256 = :sha256 ORDER BY name")
        .bind("sha256", sha256)
        .map((row, _) -> object(row))
        .stream()
        .filter(object -> object.name().startsWith(beginning))
        .findFirst();
  }

  /** Forgets an object, which the garbage collection then removes from the store. */
  public static void delete(Handle handle, String name) {
    handle
        .createUpdate("DELETE FROM stored_object WHERE name = :name")
        .bind("name", name)
        .execute();
  }

  /** Returns which of these names are recorded. */
  public static Set<String> known(Handle handle, Collection<String> names) {
    return names.isEmpty()
        ? Set.of()
        : new HashSet<>(
            handle
                .createQuery("SELECT name FROM stored_object WHERE name IN (<names>)")
                .bindList("names", List.copyOf(names))
                .mapTo(String.class)
                .list());
  }

  /** Returns records whose names come after this one, in the order of their names. */
  public static List<ObjectRecord> after(Handle handle, String name, int most) {
    return handle
        .createQuery(SELECT + "WHERE name > :name ORDER BY name LIMIT :most")
        .bind("name", name)
        .bind("most", most)
        .map((row, _) -> object(row))
        .list();
  }

  public static long count(Handle handle) {
    return handle.createQuery("SELECT COUNT(*) FROM stored_object").mapTo(Long.class).one();
  }

  /** Returns objects that were last read before a moment, the longest ago first. */
  public static List<ObjectRecord> scrubbedBefore(Handle handle, long before, int most) {
    return handle
        .createQuery(SELECT + "WHERE scrubbed < :before ORDER BY scrubbed, name LIMIT :most")
        .bind("before", before)
        .bind("most", most)
        .map((row, _) -> object(row))
        .list();
  }

  /** Records that the object was read and found unchanged. */
  public static void scrubbed(Handle handle, String name, long at) {
    handle
        .createUpdate("UPDATE stored_object SET scrubbed = :at WHERE name = :name")
        .bind("at", at)
        .bind("name", name)
        .execute();
  }

  private static ObjectRecord object(ResultSet row) throws SQLException {
    return new ObjectRecord(row.getString("name"), row.getLong("bytes"), row.getString("sha256"));
  }
}
