package dev.regild.disk.upload;

import dev.regild.disk.DiskFormat;
import dev.regild.disk.UnfitDiskException;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jdbi.v3.core.HandleConsumer;

/**
 * Disks that were sent to us and wait to be made images, and disks that images were exported to.
 * They are in the data directory, or in a store that all nodes share.
 */
public interface DiskStore {
  SecureRandom RANDOM = new SecureRandom();

  /** Writes a disk into an empty file that only our own user can read. */
  @FunctionalInterface
  interface DiskWriter {
    /** Fails if the file can't be written to its end. */
    void write(Path file) throws IOException, ProgramException, InterruptedException;
  }

  /** Records the outcome of an attempt of a job. */
  @FunctionalInterface
  interface Recording {
    /** Changes the registry in one transaction; fails if another attempt has begun meanwhile. */
    void record(HandleConsumer<RuntimeException> change);
  }

  /**
   * Takes a disk from a stream, which is never held in memory. If it is compressed, or in an
   * archive, it is unpacked ({@link DiskReader}).
   *
   * @param account whose it is
   * @param quota how much the account may have; disks that are on their way count
   * @param declaredLength how long the sender says that it is
   * @throws UnfitDiskException if it is not a disk that stands alone
   * @throws DiskQuotaException if the account has no room for it, be it before or while it comes
   * @throws dev.regild.disk.DisksBusyException if so many other disks are being checked or unpacked
   *     that this one can't be
   * @throws IOException if the stream breaks, is not as long as declared, or there is no room for
   *     it; in each case nothing is left
   */
  UploadedDisk receive(
      String account, DiskQuota quota, InputStream stream, OptionalLong declaredLength)
      throws IOException, UnfitDiskException, InterruptedException;

  /**
   * Looks whether an account may send one more disk; another upload may take the room.
   *
   * @param bytes its size
   * @throws DiskQuotaException if the account has no room for it
   * @throws dev.regild.disk.NoRoomException if the file system has none
   */
  void requireRoom(String account, DiskQuota quota, long bytes) throws IOException;

  /** An id that no disk has: 17 hexadecimal digits are 68 bits. */
  static String newId() {
    byte[] bytes = new byte[9];
    RANDOM.nextBytes(bytes);
    return "ami-" + HexFormat.of().formatHex(bytes).substring(1);
  }

  /**
   * Makes the disk of an export, in the place of one of that id that an earlier run may have left.
   *
   * @param id from {@link #newId}
   * @param recording of the attempt that writes it, where other nodes may run another one
   * @throws IOException if it can't be kept; nothing is left then
   */
  UploadedDisk export(
      String id, String account, DiskFormat format, Recording recording, DiskWriter writer)
      throws IOException, ProgramException, InterruptedException;

  /** The account's disk of that id; another account's is as good as none. */
  Optional<UploadedDisk> find(String account, String id) throws IOException;

  /** All disks of an account, the oldest first. */
  List<UploadedDisk> list(String account) throws IOException;

  /**
   * Looks at a disk's header again, where somebody may have changed its file. Calls no store.
   *
   * @throws UnfitDiskException if it is no longer a disk that can be imported
   */
  void requireGoodHeader(UploadedDisk disk) throws IOException, UnfitDiskException;

  /**
   * Lends the disk's file. A store that keeps its disks elsewhere brings it here first.
   *
   * @throws IOException if it is gone or was changed, or there is no room for it here
   */
  BorrowedDisk borrow(UploadedDisk disk) throws IOException, InterruptedException;

  /** Removes a disk. Does nothing if it does not exist. */
  void delete(String id) throws IOException;

  /** Removes a disk that was uploaded; an exported one stays. Does nothing if it does not exist. */
  void removeUpload(String id) throws IOException;
}
