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
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
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
 * Disks that were sent to us and wait to be made images, and disks that images were exported to, in
 * one directory: {@code <id>.disk} and, once it is there whole, {@code <id>.json}. Only our own
 * user can read them. A disk without its record is what a broken upload has left; it is removed
 * when the directory is opened. So is one whose record names no owner, as an earlier version wrote
 * it.
 */
public final class UploadedDisks {
  private static final Logger LOG = LoggerFactory.getLogger(UploadedDisks.class);

  /** For its turn at the check, while its sender waits for our answer. */
  private static final Duration CHECK_WAIT = Duration.ofMinutes(2);

  private static final Pattern ID = Pattern.compile("ami-[0-9a-f]{17}");
  private static final String DISK = ".disk";
  private static final String RECORD = ".json";
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path directory;
  private final DiskCheck check;
  private final Clock clock;
  private final UploadRoom room;
  private final UnpackTurns unpackTurns = new UnpackTurns();
  private final SecureRandom random = new SecureRandom();

  /**
   * Makes the directory if it is not there, and removes what broken uploads have left in it.
   *
   * @param room that all large files of this process share
   */
  public UploadedDisks(Path directory, DiskCheck check, Clock clock, RoomReservations room)
      throws IOException {
    this.directory = Files.createDirectories(directory.toAbsolutePath());
    this.check = check;
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

  /** Writes a disk into an empty file that only our own user can read. */
  @FunctionalInterface
  public interface DiskWriter {
    /** Fails if the file can't be written to its end. */
    void write(Path file) throws IOException, ProgramException, InterruptedException;
  }

  /**
   * Takes a disk from a stream, which is never held in memory. If it is compressed, or in an
   * archive, it is unpacked as it comes ({@link DiskReader}).
   *
   * @param account whose it is
   * @param quota how much the account may have; disks that are on their way count
   * @param declaredLength how long the sender says that it is
   * @throws UnfitDiskException if it is not a disk that stands alone
   * @throws DiskQuotaException if the account has no room for it, be it before or while it comes
   * @throws DisksBusyException if so many other disks are being checked or unpacked that this one
   *     can't be
   * @throws IOException if the stream breaks, is not as long as declared, or there is no room for
   *     it; in each case nothing is left
   */
  public UploadedDisk receive(
      String account, DiskQuota quota, InputStream stream, OptionalLong declaredLength)
      throws IOException, UnfitDiskException {
    String id = newId();
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
   * Looks whether an account may send one more disk; another upload may take the room.
   *
   * @param bytes its size
   * @throws DiskQuotaException if the account has no room for it
   * @throws NoRoomException if the file system has none
   */
  public void requireRoom(String account, DiskQuota quota, long bytes) throws IOException {
    room.reserve(account, quota, OptionalLong.of(bytes)).close();
  }

  /** An id that no disk has: 17 hexadecimal digits are 68 bits. */
  public String newId() {
    byte[] bytes = new byte[9];
    random.nextBytes(bytes);
    return "ami-" + HexFormat.of().formatHex(bytes).substring(1);
  }

  /**
   * Makes the disk of an export, in the place of one of that id that an earlier run may have left.
   *
   * @param id from {@link #newId}
   * @throws IOException if it can't be kept; nothing is left then
   */
  public UploadedDisk export(String id, String account, DiskFormat format, DiskWriter writer)
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

  /** The account's disk of that id; another account's is as good as none. */
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

  /** The disk's file. */
  public Path path(UploadedDisk disk) {
    return file(disk.id());
  }

  /** Removes a disk. Does nothing if it does not exist. */
  public void delete(String id) throws IOException {
    if (ID.matcher(id).matches()) {
      Files.deleteIfExists(record(id));
      Files.deleteIfExists(file(id));
    }
  }

  /** Removes a disk that was uploaded; an exported one stays. Does nothing if it does not exist. */
  public void removeUpload(String id) throws IOException {
    if (find(id).filter(disk -> disk.origin() == UploadedDisk.Origin.UPLOADED).isPresent()) {
      delete(id);
    }
  }

  /** All disks of an account, the oldest first. */
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
    HandedStream handed = new HandedStream(stream);
    IncomingBytes incoming = new IncomingBytes(handed, declaredLength);
    DiskFile disk = new DiskFile(file, place, check.mostFileBytes());
    Optional<DiskReader.Packed> packed;
    try (disk) {
      packed = unpack(account, handed, incoming, disk);
      disk.finish();
    }
    DiskFormat format = requireFit(account, file);
    DurableFiles.force(file);
    return new UploadedDisk(
        id,
        account,
        UploadedDisk.Origin.UPLOADED,
        format,
        disk.bytes(),
        disk.sha256(),
        clock.instant(),
        packed.map(p ->
            new UploadedDisk.Packed(
                p.packing(),
                incoming.bytes(),
                incoming.sha256(),
                p.machine().flatMap(OvfDescriptor::name),
                p.machine().flatMap(OvfDescriptor::description))));
  }

  /** What is a disk already takes none of the memory that unpacking takes. */
  private Optional<DiskReader.Packed> unpack(
      String account, HandedStream handed, IncomingBytes incoming, DiskFile disk)
      throws IOException, UnfitDiskException {
    DiskReader reader = DiskReader.of(incoming, check.mostFileBytes());
    if (!reader.isPacked()) {
      return reader.read(disk);
    }
    try (UnpackTurns.Turn _ = unpackTurns.take(account)) {
      return handed.inPlatformThread(UnpackTurns.LONGEST, () -> reader.read(disk));
    }
  }

  private DiskFormat requireFit(String account, Path file) throws IOException, UnfitDiskException {
    try {
      DiskFormat format = DiskCheck.detect(file);
      check.requireSelfContained(account, file, format, CHECK_WAIT);
      return format;
    } catch (ProgramException e) {
      throw new IOException("cannot check the disk: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while checking the disk");
    }
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
