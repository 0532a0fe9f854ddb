package dev.regild.image;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/**
 * What can change while the jobs run that make images, as one text for each, to be compared with an
 * earlier one.
 */
public final class JobStamps {
  private JobStamps() {}

  /**
   * Reads the stamps, in one query, however many there are.
   *
   * @param imageIds of the images that are being made
   * @return by image; those that are gone are absent
   */
  public static Map<String, String> read(Handle handle, Set<String> imageIds) {
    if (imageIds.isEmpty()) {
      return Map.of();
    }
    Map<String, String> stamps = new HashMap<>();
    handle
        .createQuery(
            """
            SELECT image.id, image.state, job_step.attempt, job_step.ordinal, job_step.status,
                   job_step.progress, job_step.detail
              FROM image LEFT JOIN job_step ON job_step.job_id = image.id
             WHERE image.id IN (<images>)
             ORDER BY image.id, job_step.attempt, job_step.ordinal
            """)
        .bindList("images", List.copyOf(imageIds))
        .map((row, _) ->
            Map.entry(
                row.getString("id"),
                "%s %d %d %s %s %s;"
                    .formatted(
                        row.getString("state"),
                        row.getInt("attempt"),
                        row.getInt("ordinal"),
                        row.getString("status"),
                        row.getDouble("progress"),
                        row.getString("detail"))))
        .forEach(part -> stamps.merge(part.getKey(), part.getValue(), String::concat));
    return stamps;
  }
}
