package dev.regild.image;

import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/** The tags of resources, by ARN. Each call takes the caller's handle. */
public final class TagRecords {
  /** The API's limit for one resource. */
  public static final int MOST = 50;

  private TagRecords() {}

  /**
   * Adds tags; a key that is there already gets the new value. {@link
   * dev.regild.image.quota.Quotas#tag} limits them.
   */
  public static void put(Handle handle, String arn, Map<String, String> tags) {
    var batch =
        handle.prepareBatch(
            """
            INSERT INTO tag (resource_arn, tag_key, tag_value) VALUES (:arn, :key, :value)
            ON CONFLICT (resource_arn, tag_key) DO UPDATE SET tag_value = excluded.tag_value
            """);
    tags.forEach(
        (key, value) -> batch.bind("arn", arn).bind("key", key).bind("value", value).add());
    batch.execute();
  }

  /** Removes the tags of those keys. Does nothing for a key that has no tag. */
  public static void remove(Handle handle, String arn, Collection<String> keys) {
    if (!keys.isEmpty()) {
      handle
          .createUpdate("DELETE FROM tag WHERE resource_arn = :arn AND tag_key IN (<keys>)")
          .bind("arn", arn)
          .bindList("keys", keys.toArray())
          .execute();
    }
  }

  /** All tags of the resource. */
  public static SortedMap<String, String> list(Handle handle, String arn) {
    SortedMap<String, String> tags = new TreeMap<>();
    handle
        .createQuery("SELECT tag_key, tag_value FROM tag WHERE resource_arn = :arn")
        .bind("arn", arn)
        .map((row, _) -> Map.entry(row.getString("tag_key"), row.getString("tag_value")))
        .forEach(tag -> tags.put(tag.getKey(), tag.getValue()));
    return tags;
  }

  public static void removeAll(Handle handle, String arn) {
    handle.createUpdate("DELETE FROM tag WHERE resource_arn = :arn").bind("arn", arn).execute();
  }
}
