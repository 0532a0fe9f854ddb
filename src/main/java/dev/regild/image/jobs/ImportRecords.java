package dev.regild.image.jobs;

import dev.regild.image.Column;
import dev.regild.image.Image;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The imports, those that have ended too. Until one has ended, its disk can't be deleted. Each call
 * takes the caller's handle.
 */
public final class ImportRecords {
  private ImportRecords() {}

  /** Writes an import down; its image has to be there already. */
  public static void start(Handle handle, Image image, ImportRecord record) {
    handle
        .createUpdate(
            """
            INSERT INTO image_import (
              image_id, disk_id, agent_software_version, validated, intended_instance_type, ended,
              asked_by)
            VALUES (:image, :disk, :agentSoftwareVersion, :validated, :intendedInstanceType, :ended,
              :askedBy)
            """)
        .bind("image", image.id())
        .bind("disk", record.diskId())
        .bind("agentSoftwareVersion", record.agentSoftwareVersion().orElse(null))
        .bind("validated", record.validated())
        .bind("intendedInstanceType", record.intendedInstanceType().orElse(null))
        .bind("ended", false)
        .bind("askedBy", record.askedBy())
        .execute();
  }

  /** How the image of that id was imported; empty if it came otherwise. */
  public static Optional<ImportRecord> find(Handle handle, String imageId) {
    return handle
        .createQuery("SELECT * FROM image_import WHERE image_id = :image")
        .bind("image", imageId)
        .map((row, _) ->
            new ImportRecord(
                row.getString("disk_id"),
                Column.text(row, "agent_software_version"),
                row.getBoolean("validated"),
                Column.text(row, "intended_instance_type"),
                row.getString("asked_by")))
        .findOne();
  }

  /** The name of an image that is being made of the disk; of several, the oldest one's. */
  public static Optional<String> imageInTheMaking(Handle handle, String diskId) {
    return handle
        .createQuery(
            """
            SELECT image.name FROM image_import JOIN image ON image.id = image_import.image_id
             WHERE disk_id = :disk AND ended = :ended ORDER BY image.created, image.id LIMIT 1
            """)
        .bind("disk", diskId)
        .bind("ended", false)
        .mapTo(String.class)
        .findOne();
  }

  /** An import has ended, whatever its outcome; nothing happens if its image is gone. */
  public static void end(Handle handle, String imageId) {
    handle
        .createUpdate("UPDATE image_import SET ended = :ended WHERE image_id = :image")
        .bind("ended", true)
        .bind("image", imageId)
        .execute();
  }
}
