package dev.regild.image;

import org.jdbi.v3.core.Handle;

/** Which line an image belongs to. */
public final class LineMembers {
  private LineMembers() {}

  /** Puts a new image into the line of the image that it is an update of, if that is in one. */
  public static void follow(Handle handle, Image existing, Image created) {
    handle
        .createUpdate(
            """
            INSERT INTO line_image (image_id, line_id)
            SELECT :created, line_id FROM line_image WHERE image_id = :existing
            """)
        .bind("created", created.id())
        .bind("existing", existing.id())
        .execute();
  }
}
