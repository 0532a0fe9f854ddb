package dev.regild.policy.line;

import dev.regild.db.Portions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** Finds what keeps images from being deleted by a policy. */
public final class Holds {
  /** An image with a tag of this key is kept, whatever the value. */
  public static final String TAG = "regild:keep";

  /** To look at the holds of all images is faster than to ask for so many. */
  private static final int MANY = 4 * Portions.MOST;

  private static final String AMONG = " IN (<ids>)";

  private static final String HOLDS =
      """
      SELECT alias.image_id AS image, 'ALIAS' AS kind, line.name || '/' || alias.name AS held
        FROM alias JOIN line ON line.id = alias.line_id WHERE alias.image_id IN (<ids>)
      UNION ALL
      SELECT image_id, 'SHARE', account_id FROM image_share WHERE image_id IN (<ids>)
      UNION ALL
      SELECT id, 'PUBLIC', '' FROM image WHERE account_id = '' AND id IN (<ids>)
      UNION ALL
      SELECT image.id, 'TAG', :tag FROM image
       WHERE EXISTS (SELECT 1 FROM tag WHERE tag_key = :tag AND resource_arn =
               'arn:aws:appstream:' || region || ':' || account_id || ':image/' || image.name)
         AND image.id IN (<ids>)
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
      """;

  private Holds() {}

  /** Returns what holds the images of those ids. Images that nothing holds are not in the map. */
  public static Map<String, List<Hold>> of(Handle handle, Collection<String> imageIds) {
    Map<String, List<Hold>> holds = new HashMap<>();
    if (imageIds.size() > MANY) {
      read(handle.createQuery(HOLDS.replace(AMONG, " IS NOT NULL")), holds);
      holds.keySet().retainAll(Set.copyOf(imageIds));
      return holds;
    }
    Portions.of(imageIds)
        .forEach(some -> read(handle.createQuery(HOLDS).bindList("ids", some), holds));
    return holds;
  }

  private static void read(Query query, Map<String, List<Hold>> holds) {
    query
        .bind("tag", TAG)
        .map((row, _) ->
            Map.entry(
                row.getString("image"),
                new Hold(Hold.Kind.valueOf(row.getString("kind")), row.getString("held"))))
        .forEach(each ->
            holds.computeIfAbsent(each.getKey(), _ -> new ArrayList<>()).add(each.getValue()));
  }
}
