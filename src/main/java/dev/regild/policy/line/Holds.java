package dev.regild.policy.line;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Finds what keeps images from being deleted by a policy. */
public final class Holds {
  /** An image with a tag of this key is kept, whatever the value. */
  public static final String TAG = "regild:keep";

  private static final int MOST_AT_ONCE = 500;

  private Holds() {}

  /** Returns what holds the images of those ids. Images that nothing holds are not in the map. */
  public static Map<String, List<Hold>> of(Handle handle, Collection<String> imageIds) {
    List<String> ids = List.copyOf(imageIds);
    Map<String, List<Hold>> holds = new HashMap<>();
    for (int from = 0; from < ids.size(); from += MOST_AT_ONCE) {
      read(handle, ids.subList(from, Math.min(ids.size(), from + MOST_AT_ONCE)), holds);
    }
    return holds;
  }

  private static void read(Handle handle, List<String> ids, Map<String, List<Hold>> holds) {
    handle
        .createQuery(
            """
            SELECT alias.image_id AS image, 'ALIAS' AS kind, line.name || '/' || alias.name AS held
              FROM alias JOIN line ON line.id = alias.line_id WHERE alias.image_id IN (<ids>)
            UNION ALL
            SELECT image_id, 'SHARE', account_id FROM image_share WHERE image_id IN (<ids>)
            UNION ALL
            SELECT id, 'PUBLIC', '' FROM image WHERE account_id = '' AND id IN (<ids>)
            UNION ALL
            SELECT image.id, 'TAG', tag_key
              FROM image JOIN tag
                ON resource_arn = 'arn:aws:appstream:' || region || ':' || account_id || ':image/' || name
             WHERE tag_key = :tag AND image.id IN (<ids>)
            UNION ALL
            SELECT existing_image_id, 'JOB', 'an update' FROM update_run
             WHERE status = 'RUNNING' AND existing_image_id IN (<ids>)
            UNION ALL
            SELECT source_image_id, 'JOB', 'a copy' FROM image_copy WHERE source_image_id IN (<ids>)
            UNION ALL
            SELECT image_id, 'JOB', 'an export' FROM export_task
             WHERE state = 'EXPORTING' AND image_id IN (<ids>)
            UNION ALL
            SELECT image_id, 'JOB', 'a flattening' FROM flattening
             WHERE state = 'FLATTENING' AND image_id IN (<ids>)
            """)
        .bindList("ids", ids)
        .bind("tag", TAG)
        .map((row, _) ->
            Map.entry(
                row.getString("image"),
                new Hold(Hold.Kind.valueOf(row.getString("kind")), row.getString("held"))))
        .forEach(each ->
            holds.computeIfAbsent(each.getKey(), _ -> new ArrayList<>()).add(each.getValue()));
  }
}
