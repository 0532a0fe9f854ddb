package dev.regild.image.jobs;

import static dev.regild.image.RefusedException.Reason.IN_USE;
import static dev.regild.image.RefusedException.Reason.NOT_FOUND;

import dev.regild.db.Database;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.RefusedException;
import java.io.IOException;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes disks, but for those that an import reads. A transaction decides, so that no import is
 * accepted in between; once it is committed, the disk's file goes. If the process ends in between,
 * {@link #finishAll} removes it later.
 */
public final class DiskDeletions {
  private static final Logger LOG = LoggerFactory.getLogger(DiskDeletions.class);

  private final Database database;
  private final DiskStore disks;

  public DiskDeletions(Database database, DiskStore disks) {
    this.database = database;
    this.disks = disks;
  }

  /** A disk that is to be removed. */
  private record Removal(String disk, boolean uploadsOnly) {}

  /**
   * Deletes a disk.
   *
   * @throws RefusedException IN_USE if an image is being made of it
   */
  public void delete(UploadedDisk disk) throws IOException {
    Removal removal = new Removal(disk.id(), false);
    database.useTransaction(handle -> {
      requireUnused(handle, disk);
      decide(handle, removal);
    });
    finish(removal);
  }

  /**
   * Ends the import of a disk, and deletes the disk if it was uploaded and no other import reads
   * it. If that fails, it is logged, and done later.
   *
   * @param imageId of the import's image
   */
  public void endImport(String imageId, String diskId) {
    Removal removal = new Removal(diskId, true);
    boolean isLast =
        database.inTransaction(handle -> {
          ImportRecords.end(handle, imageId);
          boolean unused = ImportRecords.imageInTheMaking(handle, diskId).isEmpty();
          if (unused) {
            decide(handle, removal);
          }
          return unused;
        });
    if (isLast) {
      finishOrLog(removal);
    }
  }

  /**
   * Requires that nobody has decided to remove a disk; in the transaction that accepts an import.
   *
   * @throws RefusedException NOT_FOUND if somebody has
   */
  public static void requireKept(Handle handle, UploadedDisk disk) {
    boolean goes =
        handle
            .createQuery("SELECT uploads_only FROM disk_removal WHERE disk_id = :id")
            .bind("id", disk.id())
            .mapTo(Boolean.class)
            .findOne()
            .filter(uploadsOnly -> !uploadsOnly || disk.origin() == UploadedDisk.Origin.UPLOADED)
            .isPresent();
    if (goes) {
      throw new RefusedException(
          NOT_FOUND,
          "The disk %s is being deleted. Upload it again with: regild import".formatted(disk.id()));
    }
  }

  /** Removes the disks whose removal a process did not end. */
  public void finishAll() {
    database
        .<List<Removal>, RuntimeException>read(handle ->
            handle
                .createQuery("SELECT disk_id, uploads_only FROM disk_removal")
                .map((row, _) ->
                    new Removal(row.getString("disk_id"), row.getBoolean("uploads_only")))
                .list())
        .forEach(this::finishOrLog);
  }

  /** A disk that is to be deleted whatever it is stays so when its import ends. */
  private static void decide(Handle handle, Removal removal) {
    handle
        .createUpdate(
            """
            INSERT INTO disk_removal (disk_id, uploads_only) VALUES (:id, :uploadsOnly)
            ON CONFLICT (disk_id) DO UPDATE
              SET uploads_only = disk_removal.uploads_only AND excluded.uploads_only
            """)
        .bind("id", removal.disk())
        .bind("uploadsOnly", removal.uploadsOnly())
        .execute();
  }

  private void finishOrLog(Removal removal) {
    try {
      finish(removal);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("disk", removal.disk())
          .addKeyValue("reason", e.getMessage())
          .log("a disk could not be removed");
    }
  }

  private void finish(Removal removal) throws IOException {
    if (removal.uploadsOnly()) {
      disks.removeUpload(removal.disk());
    } else {
      disks.delete(removal.disk());
    }
    // Somebody may have decided meanwhile to remove more.
    database.useTransaction(handle ->
        handle
            .createUpdate(
                "DELETE FROM disk_removal WHERE disk_id = :id AND uploads_only = :uploadsOnly")
            .bind("id", removal.disk())
            .bind("uploadsOnly", removal.uploadsOnly())
            .execute());
  }

  private void requireUnused(Handle handle, UploadedDisk disk) {
    ImportRecords.imageInTheMaking(handle, disk.id())
        .ifPresent(image -> {
          throw new RefusedException(
              IN_USE,
              "The disk %s is being imported as the image %s. Delete it when that has finished."
                  .formatted(disk.id(), image));
        });
  }
}
