package dev.regild.insight;

import static java.util.stream.Collectors.toMap;

import com.github.luben.zstd.Zstd;
import dev.regild.db.Database;
import dev.regild.db.Portions;
import dev.regild.plan.PackageVersion;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.json.JsonMapper;

/** Stores the changelogs of package files by the files' hashes, and what updates fixed. */
public final class Changelogs {
  /** After that time, an update reads the file again. */
  private static final Duration KEPT = Duration.ofDays(400);

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Database database;
  private final Clock clock;

  public Changelogs(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Returns the stored changelogs of files with these hashes, by hash. */
  public Map<String, Changelog> find(List<String> hashes) {
    Map<String, Changelog> found = new HashMap<>();
    Portions.of(hashes).forEach(some -> found.putAll(database.read(handle -> find(handle, some))));
    return found;
  }

  private static Map<String, Changelog> find(Handle handle, List<String> hashes) {
    return handle
        .createQuery("SELECT hash, compressed_json FROM changelog WHERE hash IN (<hashes>)")
        .bindList("hashes", hashes)
        .map((row, _) ->
            Map.entry(
                row.getString("hash"), unpacked(row.getBytes("compressed_json"), Changelog.class)))
        .stream()
        .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** Returns when the newest changelog was stored, in epoch milliseconds; 0 if there is none. */
  public static long newest(Handle handle) {
    return handle
        .createQuery("SELECT COALESCE(MAX(read_at), 0) FROM changelog")
        .mapTo(Long.class)
        .one();
  }

  /** Stores changelogs by their files' hashes, and removes old ones. */
  public void keep(Map<String, Changelog> read) {
    long now = clock.millis();
    database.useTransaction(handle -> {
      read.forEach((hash, changelog) -> keep(handle, hash, changelog, now));
      handle
          .createUpdate("DELETE FROM changelog WHERE read_at < :since")
          .bind("since", now - KEPT.toMillis())
          .execute();
    });
  }

  private static void keep(Handle handle, String hash, Changelog changelog, long now) {
    handle
        .createUpdate(
            """
            INSERT INTO changelog (hash, compressed_json, read_at) VALUES (:hash, :json, :now)
            ON CONFLICT (hash) DO NOTHING
            """)
        .bind("hash", hash)
        .bind("json", packed(changelog))
        .bind("now", now)
        .execute();
    ChangelogIndex.add(handle, hash, changelog);
  }

  /** Returns the hashes of the files with changelogs of packages of these names. */
  public Map<PackageVersion, String> filesOf(Set<String> names) {
    return database.read(handle -> ChangelogIndex.filesOf(handle, names));
  }

  /**
   * Adds changelogs to the index that an earlier version stored.
   *
   * @param most how many at most
   * @return how many were added
   */
  public static int index(Handle handle, int most) {
    List<String> unindexed = ChangelogIndex.missing(handle, most);
    if (!unindexed.isEmpty()) {
      find(handle, unindexed).forEach((hash, each) -> ChangelogIndex.add(handle, hash, each));
    }
    return unindexed.size();
  }

  /** Records what the update that makes an image fixes. */
  public static void record(Handle handle, String imageId, Fixes fixes) {
    handle
        .createUpdate(
            """
            INSERT INTO image_fixes (image_id, compressed_json) VALUES (:image, :json)
            ON CONFLICT (image_id) DO UPDATE SET compressed_json = excluded.compressed_json
            """)
        .bind("image", imageId)
        .bind("json", packed(fixes))
        .execute();
  }

  /**
   * Returns what the update that made an image fixed; empty if it was imported, or not recorded.
   */
  public static Optional<Fixes> fixesOf(Handle handle, String imageId) {
    return handle
        .createQuery("SELECT compressed_json FROM image_fixes WHERE image_id = :image")
        .bind("image", imageId)
        .mapTo(byte[].class)
        .findOne()
        .map(packed -> unpacked(packed, Fixes.class));
  }

  private static byte[] packed(Object value) {
    return Zstd.compress(JSON.writeValueAsBytes(value));
  }

  private static <T> T unpacked(byte[] packed, Class<T> type) {
    return JSON.readValue(Zstd.decompress(packed), type);
  }
}
