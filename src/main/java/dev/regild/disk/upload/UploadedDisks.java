package dev.regild.disk.upload;

import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.RoomReservations;
import dev.regild.disk.UnfitDiskException;
import dev.regild.files.DurableFiles;
import dev.regild.files.Listing;
import dev.regild.files.Sha256;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Disks in one directory: {@code <id>.disk} and, once it is there whole, {@code <id>.json}. Only
 * our own user can read them. A disk without its record is what a broken upload has left; it is
 * removed when the directory is opened. So is one whose record names no owner, as an earlier
 * version wrote it.
 */
public final class UploadedDisks implements DiskStore {
  private static final Logger LOG = LoggerFactory.getLogger(UploadedDisks.class);

  private static final Pattern ID = Pattern.compile("ami-[0-9a-f]{17}");
  private static final String DISK = ".disk";
  private static final String RECORD = ".json";
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path directory;
  private final DiskIntake intake;
  private final Clock clock;
  private final UploadRoom room;

  /**
   * Makes the directory if it is not there, and removes what broken uploads have left in it.
   *
   * @param room that all large files of this process share
   */
  public UploadedDisks(Path directory, DiskCheck check, Clock clock, RoomReservations room)
      throws IOException {
    this.directory = Files.createDirectories(directory.toAbsolutePath());
    this.intake = new DiskIntake(check);
    this.clock = clock;
    this.room = new UploadRoom(this::list, this.directory, room);
    for (String name : Listing.names(directory)) {
      boolean whole = name.endsWith(DISK) && Files.exists(record(id(name, DISK)));
      if (name.endsWith(RECORD)) {
        removeIfNobodys(id(name, RECORD));
      } else if (!whole) {
        Files.deleteIfExists(directory.resolve(name));
      }
    }
  }

  @Override
  public UploadedDisk receive(
      String account, DiskQuota quota, InputStream stream, OptionalLong declaredLength)
      throws IOException, UnfitDiskException {
    return receive(DiskStore.newId(), account, quota, stream, declaredLength);
  }

  /** The same, as the disk of an id that no disk has. */
  UploadedDisk receive(
      String id, String account, DiskQuota quota, InputStream stream, OptionalLong declaredLength)
      throws IOException, UnfitDiskException {
    boolean done = false;
    try (UploadRoom.Place place = room.reserve(account, quota, declaredLength)) {
      UploadedDisk disk = write(id, account, stream, declaredLength, place);
      place.finish(() -> writeRecord(disk));
      done = true;
      return disk;
    } finally {
      if (!done) {
        delete(id);
      }
    }
  }

  /**
   * Takes a file of the same file system, which is gone from its place afterwards. If it can't be
   * taken, it is where it was.
   *
   * @param id that no disk has
   * @throws UnfitDiskException if it is no disk that stands alone
   */
  UploadedDisk adopt(String id, String account, DiskQuota quota, Path file)
      throws IOException, UnfitDiskException, InterruptedException {
    boolean done = false;
    long bytes = Files.size(file);
    try (UploadRoom.Place place = room.promise(account, quota, bytes)) {
      DiskFormat format = intake.requireFit(account, file);
      UploadedDisk disk =
          new UploadedDisk(
              id,
              account,
              UploadedDisk.Origin.UPLOADED,
              format,
              bytes,
              Sha256.interruptibly(file),
              clock.instant(),
              Optional.empty());
      DurableFiles.moveInto(directory, file, id + DISK);
      place.finish(() -> writeRecord(disk));
      done = true;
      return disk;
    } finally {
      if (!done) {
        giveBack(id, file);
      }
    }
  }

  private void giveBack(String id, Path file) throws IOException {
    if (Files.exists(file(id)) && Files.notExists(file)) {
      DurableFiles.move(file(id), file);
    }
    delete(id);
  }

  /** Returns the most bytes that a disk's file may have. */
  long mostBytes() {
    return intake.mostBytes();
  }

  /**
   * Requires that an account may have so many bytes more.
   *
   * @throws DiskQuotaException if it may not
   */
  void requireQuota(String account, DiskQuota quota, long bytes) throws IOException {
    room.promise(account, quota, bytes).close();
  }

  @Override
  public void requireRoom(String account, DiskQuota quota, long bytes) throws IOException {
    room.reserve(account, quota, OptionalLong.of(bytes)).close();
  }

  @Override
  public UploadedDisk export(
      String id, String account, DiskFormat format, Recording recording, DiskWriter writer)
      throws IOException, ProgramException, InterruptedException {
    delete(id);
    boolean done = false;
    try {
      Path file = Files.createFile(file(id), PRIVATE);
      writer.write(file);
      DurableFiles.force(file);
      UploadedDisk disk =
          new UploadedDisk(
              id,
              account,
              UploadedDisk.Origin.EXPORTED,
              format,
              Files.size(file),
              Sha256.interruptibly(file),
              clock.instant(),
              Optional.empty());
      writeRecord(disk);
      done = true;
      return disk;
    } finally {
      if (!done) {
        delete(id);
      }
    }
  }

  @Override
  public Optional<UploadedDisk> find(String account, String id) throws IOException {
    return find(id).filter(disk -> disk.account().equals(account));
  }

  private Optional<UploadedDisk> find(String id) throws IOException {
    if (!ID.matcher(id).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(Files.readString(record(id)), UploadedDisk.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JacksonException e) {
      throw new IOException(record(id) + " can't be read: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public void requireGoodHeader(UploadedDisk disk) throws IOException, UnfitDiskException {
    intake.requireGoodHeader(path(disk), disk.format());
  }

  @Override
  public BorrowedDisk borrow(UploadedDisk disk) {
    return BorrowedDisk.of(path(disk));
  }

  /** The disk's file. */
  public Path path(UploadedDisk disk) {
    return file(disk.id());
  }

  @Override
  public void delete(String id) throws IOException {
    if (ID.matcher(id).matches()) {
      Files.deleteIfExists(record(id));
      Files.deleteIfExists(file(id));
    }
  }

  @Override
  public void removeUpload(String id) throws IOException {
    if (find(id).filter(disk -> disk.origin() == UploadedDisk.Origin.UPLOADED).isPresent()) {
      delete(id);
    }
  }

  @Override
  public List<UploadedDisk> list(String account) throws IOException {
    List<UploadedDisk> disks = new ArrayList<>();
    for (String name : Listing.names(directory)) {
      if (name.endsWith(RECORD)) {
        find(account, id(name, RECORD)).ifPresent(disks::add);
      }
    }
    disks.sort(Comparator.comparing(UploadedDisk::received).thenComparing(UploadedDisk::id));
    return disks;
  }

  /** Returns the disks that a directory has, of all accounts, and changes nothing in it. */
  public static List<UploadedDisk> read(Path directory) throws IOException {
    List<UploadedDisk> disks = new ArrayList<>();
    for (String name :
        Files.isDirectory(directory) ? Listing.names(directory) : List.<String>of()) {
      if (name.endsWith(RECORD)) {
        try {
          disks.add(JSON.readValue(Files.readString(directory.resolve(name)), UploadedDisk.class));
        } catch (JacksonException e) {
          throw new IOException(
              directory.resolve(name) + " can't be read: " + e.getOriginalMessage(), e);
        }
      }
    }
    return disks;
  }

  private void removeIfNobodys(String id) throws IOException {
    if (!JSON.readTree(Files.readString(record(id))).has("account")) {
      delete(id);
      LOG.atInfo().addKeyValue("disk", id).log("disk without an owner removed");
    }
  }

  private UploadedDisk write(
      String id,
      String account,
      InputStream stream,
      OptionalLong declaredLength,
      UploadRoom.Place place)
      throws IOException, UnfitDiskException {
    Path file = Files.createFile(file(id), PRIVATE);
    DiskIntake.Taken taken = intake.take(account, stream, declaredLength, file, place);
    DurableFiles.force(file);
    return new UploadedDisk(
        id,
        account,
        UploadedDisk.Origin.UPLOADED,
        taken.format(),
        taken.bytes(),
        taken.sha256(),
        clock.instant(),
        taken.packed());
  }

  /** The record comes last, under its name at once: it says that the disk is whole. */
  private void writeRecord(UploadedDisk disk) throws IOException {
    Path fresh = Files.createFile(directory.resolve(disk.id() + ".new"), PRIVATE);
    try {
      Files.writeString(fresh, JSON.writeValueAsString(disk));
      DurableFiles.moveInto(directory, fresh, disk.id() + RECORD);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private Path file(String id) {
    return directory.resolve(id + DISK);
  }

  private Path record(String id) {
    return directory.resolve(id + RECORD);
  }

  private static String id(String name, String ending) {
    return name.substring(0, name.length() - ending.length());
  }
}
