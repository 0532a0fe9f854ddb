package dev.regild.disk.upload;

import dev.regild.db.Database;
import dev.regild.files.Sha256;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectRecord;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Disks that are still in a data directory although there is a store: earlier versions kept them
 * there. They are moved one by one, and a file is removed only after its row is there and its
 * object was read back. So a move that was cut off goes on at the next start.
 */
public final class LocalDisks {
  private static final Logger LOG = LoggerFactory.getLogger(LocalDisks.class);

  private final Path directory;
  private final UploadedDisks local;
  private final Database database;
  private final ObjectStore objects;

  /**
   * @param directory of the disks
   * @param local the same, opened
   */
  public LocalDisks(Path directory, UploadedDisks local, Database database, ObjectStore objects) {
    this.directory = directory;
    this.local = local;
    this.database = database;
    this.objects = objects;
  }

  /**
   * Moves all disks into the store. One that is damaged stays, with a warning in the log.
   *
   * @throws IOException if the store can't take one
   */
  public void move() throws IOException, InterruptedException {
    for (UploadedDisk disk : UploadedDisks.read(directory)) {
      Path file = local.path(disk);
      if (isDamaged(disk, file)) {
        stays(
            disk,
            file,
            "it is missing or damaged; restore it from a backup and restart the server");
      } else if (move(disk, file)) {
        local.delete(disk.id());
        LOG.atInfo()
            .addKeyValue("disk", disk.id())
            .addKeyValue("bytes", disk.bytes())
            .log("disk moved into the store");
      } else {
        stays(disk, file, "the store has another disk of this id; remove the file and its .json");
      }
    }
  }

  private static boolean isDamaged(UploadedDisk disk, Path file)
      throws IOException, InterruptedException {
    return !Files.isRegularFile(file)
        || Files.size(file) != disk.bytes()
        || !Sha256.interruptibly(file).equals(disk.sha256());
  }

  private static void stays(UploadedDisk disk, Path file, String reason) {
    LOG.atWarn()
        .addKeyValue("disk", disk.id())
        .addKeyValue("file", file)
        .addKeyValue("reason", reason)
        .log("disk not moved into the store");
  }

  /** Returns false if the store has another disk of the id, such as an export that ran again. */
  private boolean move(UploadedDisk disk, Path file) throws IOException, InterruptedException {
    Optional<DiskRecords.Stored> known =
        database.read(handle -> DiskRecords.find(handle, disk.id()));
    if (known.isPresent() && !known.get().disk().sha256().equals(disk.sha256())) {
      return false;
    }
    String name =
        known.map(DiskRecords.Stored::object).orElseGet(() -> ObjectDiskStore.movedObject(disk));
    ObjectRecord object = new ObjectRecord(name, disk.bytes(), disk.sha256());
    write(disk, object, file);
    if (known.isEmpty()) {
      database.useTransaction(handle -> ObjectDiskStore.recordMoved(handle, disk));
    }
    return true;
  }

  private void write(UploadedDisk disk, ObjectRecord object, Path file)
      throws IOException, InterruptedException {
    if (isWhole(object)) {
      return;
    }
    // The name is this content's alone, so an object in the way is a damaged one.
    objects.replace(object.name(), file, object.sha256());
    if (!isWhole(object)) {
      throw new IOException(
          "The store returned another content of the disk %s than was written. Check the store with: regild doctor --store"
              .formatted(disk.id()));
    }
  }

  private boolean isWhole(ObjectRecord object) throws IOException, InterruptedException {
    try {
      return objects.sha256(object.name(), object.bytes()).equals(object.sha256());
    } catch (MissingObjectException | ChangedObjectException e) {
      return false;
    }
  }
}
