package dev.regild.channel.shared;

import dev.regild.db.DatabaseTime;
import dev.regild.store.ContentStore;
import dev.regild.store.ObjectRecord;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** The rows of channels, their secrets, catalogues and snapshots. */
final class ChannelRows {
  private ChannelRows() {}

  /**
   * A channel.
   *
   * @param definition as in its file
   * @param snapshot the digest of the current one
   * @param state of its refreshes
   * @param revision grows with each change
   */
  record ChannelRow(
      String name,
      String definition,
      Optional<String> snapshot,
      Optional<String> state,
      long revision) {}

  /** Returns the number of changes so far, of all channels together. */
  static long revision(Handle handle) {
    return handle.createQuery("SELECT revision FROM channel_revision").mapTo(Long.class).one();
  }

  static void count(Handle handle) {
    handle.execute("UPDATE channel_revision SET revision = revision + 1");
  }

  static List<ChannelRow> channels(Handle handle) {
    return handle
        .createQuery(
            "SELECT name, definition, snapshot, state, revision FROM channel ORDER BY name")
        .map((row, _) -> channel(row))
        .list();
  }

  static Optional<ChannelRow> channel(Handle handle, String name) {
    return handle
        .createQuery(
            "SELECT name, definition, snapshot, state, revision FROM channel WHERE name = :name")
        .bind("name", name)
        .map((row, _) -> channel(row))
        .findOne();
  }

  private static ChannelRow channel(ResultSet row) throws SQLException {
    return new ChannelRow(
        row.getString("name"),
        row.getString("definition"),
        Optional.ofNullable(row.getString("snapshot")),
        Optional.ofNullable(row.getString("state")),
        row.getLong("revision"));
  }

  static void write(Handle handle, ChannelRow channel) {
    handle
        .createUpdate(
            """
            INSERT INTO channel (name, definition, snapshot, state, revision)
            VALUES (:name, :definition, :snapshot, :state, :revision)
            ON CONFLICT (name) DO UPDATE SET
              definition = :definition, snapshot = :snapshot, state = :state, revision = :revision
            """)
        .bind("name", channel.name())
        .bind("definition", channel.definition())
        .bind("snapshot", channel.snapshot().orElse(null))
        .bind("state", channel.state().orElse(null))
        .bind("revision", channel.revision())
        .execute();
  }

  static void delete(Handle handle, String channel) {
    handle.createUpdate("DELETE FROM channel WHERE name = :name").bind("name", channel).execute();
  }

  /** Returns the sealed secrets by the paths of their files. */
  static Map<String, byte[]> secrets(Handle handle) {
    Map<String, byte[]> secrets = new TreeMap<>();
    handle
        .createQuery("SELECT path, sealed FROM channel_secret")
        .map((row, _) -> Map.entry(row.getString("path"), row.getBytes("sealed")))
        .forEach(each -> secrets.put(each.getKey(), each.getValue()));
    return secrets;
  }

  static void writeSecret(Handle handle, String path, byte[] sealed) {
    handle
        .createUpdate(
            """
            INSERT INTO channel_secret (path, sealed) VALUES (:path, :sealed)
            ON CONFLICT (path) DO UPDATE SET sealed = :sealed
            """)
        .bind("path", path)
        .bind("sealed", sealed)
        .execute();
  }

  static void deleteSecret(Handle handle, String path) {
    handle
        .createUpdate("DELETE FROM channel_secret WHERE path = :path")
        .bind("path", path)
        .execute();
  }

  /** Returns a catalogue's files by their paths. */
  static Map<String, ObjectRecord> catalogue(Handle handle, String channel) {
    return files(
        handle,
        """
        SELECT path, name, bytes, sha256
          FROM catalogue_file JOIN stored_object ON stored_object.name = catalogue_file.object
         WHERE channel = :key
        """,
        channel);
  }

  static void writeCatalogue(Handle handle, String channel, Map<String, ObjectRecord> files) {
    handle
        .createUpdate("DELETE FROM catalogue_file WHERE channel = :channel")
        .bind("channel", channel)
        .execute();
    files.forEach((path, object) -> {
      ContentStore.record(handle, object);
      handle
          .createUpdate(
              "INSERT INTO catalogue_file (channel, path, object) VALUES (:channel, :path, :object)")
          .bind("channel", channel)
          .bind("path", path)
          .bind("object", object.name())
          .execute();
    });
  }

  /** Returns a snapshot's files by their paths; empty if there is no such snapshot. */
  static Map<String, ObjectRecord> snapshot(Handle handle, String digest) {
    return files(
        handle,
        """
        SELECT path, name, bytes, sha256
          FROM snapshot_file JOIN stored_object ON stored_object.name = snapshot_file.object
         WHERE digest = :key
        """,
        digest);
  }

  static void writeSnapshot(Handle handle, String digest, Map<String, ObjectRecord> files) {
    keep(handle, digest);
    files.forEach((path, object) -> {
      ContentStore.record(handle, object);
      handle
          .createUpdate(
              """
              INSERT INTO snapshot_file (digest, path, object) VALUES (:digest, :path, :object)
              ON CONFLICT (digest, path) DO UPDATE SET object = :object
              """)
          .bind("digest", digest)
          .bind("path", path)
          .bind("object", object.name())
          .execute();
    });
  }

  /** Marks a snapshot as used now, before it stops being current. */
  static void keep(Handle handle, String digest) {
    handle
        .createUpdate(
            """
            INSERT INTO snapshot (digest, kept) VALUES (:digest, :now)
            ON CONFLICT (digest) DO UPDATE SET kept = :now
            """)
        .bind("digest", digest)
        .bind("now", DatabaseTime.now(handle).toEpochMilli())
        .execute();
  }

  /** Forgets snapshots that no channel has current, nobody uses, and that were not kept lately. */
  static void forget(Handle handle, Set<String> inUse, Duration kept) {
    handle
        .createQuery(
            """
            SELECT digest FROM snapshot
             WHERE kept < :before
               AND NOT EXISTS (SELECT 1 FROM channel WHERE channel.snapshot = snapshot.digest)
            """)
        .bind("before", DatabaseTime.now(handle).minus(kept).toEpochMilli())
        .mapTo(String.class)
        .list()
        .stream()
        .filter(digest -> !inUse.contains(digest))
        .forEach(digest ->
            handle
                .createUpdate("DELETE FROM snapshot WHERE digest = :digest")
                .bind("digest", digest)
                .execute());
  }

  private static Map<String, ObjectRecord> files(Handle handle, String sql, String key) {
    Map<String, ObjectRecord> files = new TreeMap<>();
    handle
        .createQuery(sql)
        .bind("key", key)
        .map((row, _) ->
            Map.entry(
                row.getString("path"),
                new ObjectRecord(
                    row.getString("name"), row.getLong("bytes"), row.getString("sha256"))))
        .forEach(each -> files.put(each.getKey(), each.getValue()));
    return files;
  }
}
