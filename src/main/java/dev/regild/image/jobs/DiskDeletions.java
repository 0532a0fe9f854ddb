package dev.regild.image.jobs;

import static dev.regild.image.RefusedException.Reason.IN_USE;

import dev.regild.db.Database;
import dev.regild.disk.upload.DiskStore;
import dev.regild.disk.upload.UploadedDisk;
import dev.regild.image.RefusedException;
import java.io.IOException;
import org.jdbi.v3.core.Handle;

/**
 * Deletes disks, but for those that an import reads. That happens in a transaction, as the
 * acceptance of an import does, so that none is accepted in between.
 */
public final class DiskDeletions {
  private final Database database;
  private final DiskStore disks;

  public DiskDeletions(Database database, DiskStore disks) {
    this.database = database;
    this.disks = disks;
  }

  /**
   * Deletes a disk.
   *
   * @throws RefusedException IN_USE if an image is being made of it
   */
  public void delete(UploadedDisk disk) throws IOException {
    database.useTransaction(handle -> {
      requireUnused(handle, disk);
      disks.delete(disk.id());
    });
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
