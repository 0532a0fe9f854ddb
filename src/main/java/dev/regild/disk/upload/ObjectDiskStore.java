package dev.regild.disk.upload;

import dev.regild.db.Database;
import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.DisksBusyException;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.RoomReservations.Reservation;
import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.layers.BorrowedLayer;
import dev.regild.disk.layers.CachedFile;
import dev.regild.disk.layers.NodeCache;
import dev.regild.files.Listing;
import dev.regild.files.PrivateDirectory;
import dev.regild.files.Sha256;
import dev.regild.machine.ProgramException;
import dev.regild.store.ChangedObjectException;
import dev.regild.store.MissingObjectException;
import dev.regild.store.ObjectStore;
import dev.regild.store.TakenKeyException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;

/**
 * Disks as objects of a store that all nodes share: {@code disks/<id>/<attempt>.disk}, with their
 * records in the database. A borrower reads a copy in this node's {@link NodeCache}.
 */
public final class ObjectDiskStore implements DiskStore {
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Database database;
  private final ObjectStore objects;
  private final NodeCache cache;
  private final Path directory;
  private final DiskIntake intake;
  private final Clock clock;
  private final RoomReservations room;
  private final ObjectUploads uploads;

  /** The ids of the uploads that are being made into disks here. */
  private final Set<String> finishing = ConcurrentHashMap.newKeySet();

  /**
   * @param directory for disks on their way; it is made, and what an earlier process left there is
   *     removed
   * @param room that all large files of this process share
   */
  public ObjectDiskStore(
      Database database,
      ObjectStore objects,
      NodeCache cache,
      Path directory,
      DiskCheck check,
      Clock clock,
      RoomReservations room)
      throws IOException {
    this.database = database;
    this.objects = objects;
    this.cache = cache;
    Path parent = directory.toAbsolutePath().resolveSibling("");
    this.directory =
        PrivateDirectory.within(parent, String.valueOf(directory.getFileName())).path();
    this.intake = new DiskIntake(check);
    this.clock = clock;
    this.room = room;
    this.uploads = new ObjectUploads(database, objects, this.directory, room, intake.mostBytes());
    for (String name : Listing.names(this.directory)) {
      Files.deleteIfExists(this.directory.resolve(name));
    }
  }

  /** Returns the object of a disk that is moved from a data directory: the same in each attempt. */
  public static String movedObject(UploadedDisk disk) {
    return "%s%s/%s.disk"
        .formatted(
            ObjectUploads.FOLDER,
            disk.id(),
            UUID.nameUUIDFromBytes(disk.sha256().getBytes(StandardCharsets.US_ASCII)));
  }

  /** Records a disk that was moved from a data directory. */
  public static void recordMoved(Handle handle, UploadedDisk disk) {
    DiskRecords.insert(handle, new DiskRecords.Stored(disk, movedObject(disk)));
  }

  /** Returns the uploads that go on over several requests. */
  public ObjectUploads uploads() {
    return uploads;
  }

  /** Returns the same with the making of disks. */
  public ResumableUploads resumable() {
    return new Resumable();
  }

  private final class Resumable implements ResumableUploads {
    @Override
    public Upload begin(String account, DiskQuota quota, OptionalLong declared)
        throws IOException, UnfitDiskException, InterruptedException {
      return uploads.begin(account, quota, declared);
    }

    @Override
    public Optional<Upload> find(String account, String id) {
      return uploads.find(account, id);
    }

    @Override
    public List<Upload> list(String account) {
      return uploads.list(account);
    }

    @Override
    public Upload append(Upload upload, long offset, InputStream stream, DiskQuota quota)
        throws IOException, UnfitDiskException, InterruptedException {
      return uploads.append(upload, offset, stream, quota);
    }

    @Override
    public UploadedDisk finish(Upload upload, DiskQuota quota)
        throws IOException, UnfitDiskException, InterruptedException {
      return ObjectDiskStore.this.finish(upload, quota);
    }

    @Override
    public void discard(Upload upload) throws IOException, InterruptedException {
      uploads.discard(upload);
    }

    @Override
    public void removeAbandoned() {
      // They are garbage of the store.
    }
  }

  @Override
  public UploadedDisk receive(
      String account, DiskQuota quota, InputStream stream, OptionalLong declaredLength)
      throws IOException, UnfitDiskException, InterruptedException {
    Upload upload = uploads.begin(account, quota, declaredLength);
    boolean done = false;
    try {
      Upload received = uploads.append(upload, 0, stream, quota);
      if (received.received() < declaredLength.orElse(0)) {
        throw new EOFException(
            "the upload ended after %d of %d bytes"
                .formatted(received.received(), declaredLength.getAsLong()));
      }
      UploadedDisk disk = finish(received, quota);
      done = true;
      return disk;
    } finally {
      if (!done) {
        uploads.discard(upload);
      }
    }
  }

  /**
   * Makes a disk of an upload whose last byte has come: unpacks it if it is packed, and checks it.
   * A later call for the same upload, on any node, returns the same disk.
   *
   * @throws DisksBusyException if another call for the upload has not ended on this node: each
   *     needs room for all of it
   * @throws UnfitDiskException if it is no disk that stands alone; the upload is removed then
   * @throws DiskQuotaException if it is larger unpacked than the account may have
   * @throws IOException if the store has other bytes than were received
   */
  public UploadedDisk finish(Upload upload, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    if (!finishing.add(upload.id())) {
      throw new DisksBusyException(
          "The upload %s is being checked. Ask again later.".formatted(upload.id()));
    }
    try {
      return finished(upload, quota);
    } finally {
      var _ = finishing.remove(upload.id());
    }
  }

  private UploadedDisk finished(Upload upload, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    Optional<UploadedDisk> earlier = find(upload.account(), upload.id());
    if (earlier.isPresent()) {
      return earlier.get();
    }
    if (upload.received() == 0) {
      uploads.discard(upload);
      throw new UnfitDiskException("the file is empty");
    }
    complete(upload);
    String sha256 = received(upload);
    try {
      return publish(upload, sha256, quota);
    } catch (UnfitDiskException | DiskQuotaException e) {
      uploads.discard(upload);
      objects.delete(upload.stored().name());
      throw e;
    }
  }

  /** Makes an object of the parts; an earlier call may have done so, and lost the answer. */
  private void complete(Upload upload) throws IOException, InterruptedException {
    String object = upload.stored().name();
    try {
      objects
          .uploads()
          .complete(
              upload.stored(),
              database.read(handle -> UploadRecords.parts(handle, upload.id())),
              false);
    } catch (MissingObjectException | TakenKeyException e) {
      if (objects.find(object).filter(it -> it.bytes() == upload.received()).isEmpty()) {
        throw e;
      }
    }
  }

  private String received(Upload upload) throws IOException {
    return database
        .read(handle ->
            UploadRecords.find(handle, upload.id())
                .map(it -> UploadRecords.digest(handle, it.id())))
        .map(state -> new SavedSha256(state).hex())
        .orElseThrow(() -> new IOException("The upload " + upload.id() + " was removed."));
  }

  private UploadedDisk publish(Upload upload, String sha256, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    String object = upload.stored().name();
    Path file = directory.resolve(upload.id() + "." + System.nanoTime());
    try (Reservation _ = room.reserve(directory, upload.received())) {
      String found = objects.read(object, upload.received(), file);
      if (!found.equals(sha256)) {
        throw changed("The upload " + upload.id(), object, found, sha256);
      }
      if (isPacked(file)) {
        return unpack(upload, file, quota);
      }
      DiskFormat format = intake.requireFit(upload.account(), file);
      return record(
          upload,
          object,
          new DiskIntake.Taken(format, upload.received(), sha256, Optional.empty()),
          quota);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static boolean isPacked(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return DiskReader.isPacked(in.readNBytes(Heads.BYTES));
    }
  }

  /** Writes the disk as an object of its own; what it was packed in is garbage from then on. */
  private UploadedDisk unpack(Upload upload, Path packed, DiskQuota quota)
      throws IOException, UnfitDiskException, InterruptedException {
    Path file = Files.createFile(directory.resolve(packed.getFileName() + ".unpacked"), PRIVATE);
    try (InputStream in = Files.newInputStream(packed);
        Reservation reservation = room.reserve(directory, 0)) {
      DiskUse use = database.read(handle -> DiskUse.of(handle, upload.account()));
      DiskIntake.Taken taken =
          intake.take(
              upload.account(),
              in,
              OptionalLong.of(upload.received()),
              file,
              new UnpackingRoom(reservation, quota, use, upload.received()));
      String object = ObjectUploads.newObject(upload.id());
      objects.write(object, file, taken.sha256());
      UploadedDisk disk = record(upload, object, taken, quota);
      objects.delete(upload.stored().name());
      return disk;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** The room of a disk that is unpacked: its packed form no longer counts afterwards. */
  private static final class UnpackingRoom implements DiskFile.Room {
    private final Reservation reservation;
    private final DiskQuota quota;
    private final DiskUse others;
    private long written;

    UnpackingRoom(Reservation reservation, DiskQuota quota, DiskUse use, long packed) {
      this.reservation = reservation;
      this.quota = quota;
      this.others = new DiskUse(use.account(), use.disks(), use.bytes() - packed);
    }

    @Override
    public void take(int bytes) throws IOException {
      others.requireMoreBytes(quota, written + bytes);
      reservation.extend(bytes);
      reservation.written(bytes);
      written += bytes;
    }
  }

  private UploadedDisk record(Upload upload, String object, DiskIntake.Taken taken, DiskQuota quota)
      throws IOException {
    return database.inTransaction(handle -> {
      Optional<DiskRecords.Stored> earlier = DiskRecords.find(handle, upload.id());
      if (earlier.isPresent()) {
        return earlier.get().disk();
      }
      if (!UploadRecords.delete(handle, upload.id())) {
        throw new IOException("The upload %s was removed.".formatted(upload.id()));
      }
      DiskUse.of(handle, upload.account()).requireMoreBytes(quota, taken.bytes());
      UploadedDisk disk =
          new UploadedDisk(
              upload.id(),
              upload.account(),
              UploadedDisk.Origin.UPLOADED,
              taken.format(),
              taken.bytes(),
              taken.sha256(),
              now(),
              taken.packed());
      DiskRecords.insert(handle, new DiskRecords.Stored(disk, object));
      return disk;
    });
  }

  @Override
  public void requireRoom(String account, DiskQuota quota, long bytes) throws IOException {
    database.read(handle -> {
      DiskUse.of(handle, account).requireRoom(quota, bytes);
      return true;
    });
  }

  @Override
  public UploadedDisk export(
      String id, String account, DiskFormat format, Recording recording, DiskWriter writer)
      throws IOException, ProgramException, InterruptedException {
    Path file = Files.createFile(directory.resolve(id + "." + System.nanoTime()), PRIVATE);
    try {
      writer.write(file);
      String sha256 = Sha256.interruptibly(file);
      UploadedDisk disk =
          new UploadedDisk(
              id,
              account,
              UploadedDisk.Origin.EXPORTED,
              format,
              Files.size(file),
              sha256,
              now(),
              Optional.empty());
      String object = ObjectUploads.newObject(id);
      objects.write(object, file, sha256);
      recording.record(handle -> {
        // What an earlier attempt has recorded.
        DiskRecords.delete(handle, id);
        DiskRecords.insert(handle, new DiskRecords.Stored(disk, object));
      });
      return disk;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Returns the time as the database keeps it. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  @Override
  public Optional<UploadedDisk> find(String account, String id) {
    return database
        .read(handle -> DiskRecords.find(handle, id))
        .map(DiskRecords.Stored::disk)
        .filter(disk -> disk.account().equals(account));
  }

  @Override
  public List<UploadedDisk> list(String account) {
    return database.read(handle -> DiskRecords.list(handle, account));
  }

  /** Nobody changes an object: it was checked when it came, and is compared when it is fetched. */
  @Override
  public void requireGoodHeader(UploadedDisk disk) {}

  @Override
  public BorrowedDisk borrow(UploadedDisk disk) throws IOException, InterruptedException {
    String object =
        database
            .read(handle -> DiskRecords.find(handle, disk.id()))
            .map(DiskRecords.Stored::object)
            .orElseThrow(() -> new IOException("The disk %s is gone.".formatted(disk.id())));
    BorrowedLayer copy =
        cache.borrow(
            new CachedFile(disk.id() + ".disk", disk.sha256(), disk.bytes()),
            target -> fetch(disk, object, target));
    return BorrowedDisk.of(copy.file(), copy::close);
  }

  private void fetch(UploadedDisk disk, String object, Path target)
      throws IOException, InterruptedException {
    String found = objects.read(object, disk.bytes(), target);
    if (!found.equals(disk.sha256())) {
      throw changed("The disk " + disk.id(), object, found, disk.sha256());
    }
  }

  private ChangedObjectException changed(
      String what, String object, String found, String expected) {
    return new ChangedObjectException(
        "%s was changed in the store %s: the SHA-256 of %s is %s, not %s. Restore the object from a backup, or upload it again."
            .formatted(what, objects.location(), object, found, expected));
  }

  /** The object is left to the garbage collection, as others may read it. */
  @Override
  public void delete(String id) throws IOException {
    database.joinTransaction(handle -> {
      DiskRecords.delete(handle, id);
      return true;
    });
    cache.drop(id);
  }

  @Override
  public void removeUpload(String id) throws IOException {
    boolean uploaded =
        database
            .read(handle -> DiskRecords.find(handle, id))
            .filter(it -> it.disk().origin() == UploadedDisk.Origin.UPLOADED)
            .isPresent();
    if (uploaded) {
      delete(id);
    }
  }
}
