package dev.regild.disk.upload;

import dev.regild.db.Database;
import dev.regild.disk.ByteCount;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.UnfitDiskException;
import dev.regild.store.HalfUpload;
import dev.regild.store.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Uploads whose bytes go straight into multipart uploads of the store. The id, the parts and the
 * state of the hash are in the database, so any node takes the next bytes.
 */
public final class ObjectUploads {
  /** The beginning of all disks' object names. */
  public static final String FOLDER = "disks/";

  private final Database database;
  private final ObjectStore objects;
  private final Path directory;
  private final RoomReservations room;
  private final long mostBytes;
  private final AppendTurns turns = new AppendTurns();

  /**
   * @param directory for parts on their way; only our user can read it
   * @param mostBytes the most that an upload may have
   */
  ObjectUploads(
      Database database,
      ObjectStore objects,
      Path directory,
      RoomReservations room,
      long mostBytes) {
    this.database = database;
    this.objects = objects;
    this.directory = directory;
    this.room = room;
    this.mostBytes = mostBytes;
  }

  /**
   * Begins an upload.
   *
   * @param declared the size of all of it, if the client knows it
   * @throws DiskQuotaException if the account has no room for it
   * @throws UnfitDiskException if it is too large
   */
  public Upload begin(String account, DiskQuota quota, OptionalLong declared)
      throws IOException, UnfitDiskException, InterruptedException {
    long bytes = declared.orElse(0);
    if (bytes > mostBytes) {
      throw new UnfitDiskException(
          "the disk is larger than %s, which is the most that is taken"
              .formatted(ByteCount.text(mostBytes)));
    }
    database.read(handle -> {
      DiskUse.of(handle, account).requireRoom(quota, bytes);
      return true;
    });
    String id = DiskStore.newId();
    HalfUpload parts = objects.uploads().begin(newObject(id), Optional.empty());
    boolean kept = false;
    try {
      database.useTransaction(handle -> {
        DiskUse.of(handle, account).requireRoom(quota, bytes);
        UploadRecords.insert(handle, id, account, parts, declared);
      });
      kept = true;
    } finally {
      if (!kept) {
        objects.uploads().abortQuietly(parts);
      }
    }
    return require(id);
  }

  /** Returns a name that no object has: an attempt that comes late writes none of another's. */
  static String newObject(String disk) {
    return "%s%s/%s.disk".formatted(FOLDER, disk, UUID.randomUUID());
  }

  /** Returns the account's upload of that id; another account's is as good as none. */
  public Optional<Upload> find(String account, String id) {
    return database.read(
        handle -> UploadRecords.find(handle, id).filter(it -> it.account().equals(account)));
  }

  /** Returns the uploads of an account, the oldest first. */
  public List<Upload> list(String account) {
    return database.read(handle -> UploadRecords.list(handle, account));
  }

  /**
   * Appends to an upload what a stream has. The store keeps it in parts: of a stream that breaks,
   * whole parts stay, and a broken one of 5 MiB or more.
   *
   * @param offset where the bytes belong, which has to be the upload's end
   * @return the upload afterwards
   * @throws UploadOffsetException if the upload does not end there, or another request appends to
   *     it
   * @throws UnfitDiskException if the first bytes are not those of a disk
   * @throws dev.regild.disk.DisksBusyException if the account sends as many as it may to this node
   */
  public Upload append(Upload upload, long offset, InputStream stream, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    // Before the claim: a request that is refused overtakes no other.
    try (AppendTurns.Turn _ = turns.take(upload.account())) {
      return appended(upload, offset, stream, quota);
    }
  }

  private Upload appended(Upload upload, long offset, InputStream stream, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    String appender = UUID.randomUUID().toString();
    byte[] digest =
        database.inTransaction(handle -> {
          if (!UploadRecords.claim(handle, upload.id(), offset, appender)) {
            throw misplaced(handle, upload, offset);
          }
          return UploadRecords.digest(handle, upload.id());
        });
    new Appending(
            database, objects, directory, room, upload, appender, offset, new SavedSha256(digest))
        .run(stream, (handle, bytes) -> requireRoom(handle, upload, quota, bytes));
    return require(upload.id());
  }

  /** What is declared was promised at the beginning. */
  private void requireRoom(Handle handle, Upload upload, DiskQuota quota, long bytes)
      throws DiskQuotaException {
    if (upload.declared().isEmpty()) {
      DiskUse.of(handle, upload.account()).requireMoreBytes(quota, bytes);
    }
  }

  private static UploadOffsetException misplaced(Handle handle, Upload upload, long offset) {
    Optional<Upload> now = UploadRecords.find(handle, upload.id());
    long received = now.map(Upload::received).orElse(0L);
    return new UploadOffsetException(
        now.isEmpty()
            ? "The upload %s was completed or removed.".formatted(upload.id())
            : "The upload %s has %d bytes, so the next bytes do not belong at %d. Send what follows these."
                .formatted(upload.id(), received, offset),
        received);
  }

  private Upload require(String id) throws IOException {
    return database
        .read(handle -> UploadRecords.find(handle, id))
        .orElseThrow(
            () -> new IOException("The upload %s was removed. Begin another.".formatted(id)));
  }

  /** Removes an upload and what the store has of it. */
  public void discard(Upload upload) throws IOException, InterruptedException {
    if (database.inTransaction(handle -> UploadRecords.delete(handle, upload.id()))) {
      objects.uploads().abort(upload.stored());
    }
  }
}
