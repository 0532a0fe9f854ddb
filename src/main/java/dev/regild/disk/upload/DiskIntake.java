package dev.regild.disk.upload;

import dev.regild.disk.DiskCheck;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.UnfitDiskException;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes a file of a disk that comes as a stream, unpacked, and checks that it stands alone. */
final class DiskIntake {
  /** For its turn at the check, while its sender waits for our answer. */
  private static final Duration CHECK_WAIT = Duration.ofMinutes(2);

  private final DiskCheck check;
  private final UnpackTurns unpackTurns = new UnpackTurns();

  DiskIntake(DiskCheck check) {
    this.check = check;
  }

  /**
   * A disk that was taken in.
   *
   * @param sha256 of its file, lower-case hexadecimal
   * @param packed what came, if the disk was unpacked from it
   */
  record Taken(
      DiskFormat format, long bytes, String sha256, Optional<UploadedDisk.Packed> packed) {}

  /**
   * Writes the disk that a stream has.
   *
   * @param declaredLength how long the sender says that the stream is
   * @param file is there, and empty
   * @param room is asked before anything is written
   */
  Taken take(
      String account,
      InputStream stream,
      OptionalLong declaredLength,
      Path file,
      DiskFile.Room room)
      throws IOException, UnfitDiskException {
    HandedStream handed = new HandedStream(stream);
    IncomingBytes incoming = new IncomingBytes(handed, declaredLength);
    DiskFile disk = new DiskFile(file, room, check.mostFileBytes());
    Optional<DiskReader.Packed> packed;
    try (disk) {
      packed = unpack(account, handed, incoming, disk);
      disk.finish();
    }
    DiskFormat format = requireFit(account, file);
    return new Taken(
        format,
        disk.bytes(),
        disk.sha256(),
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

  /**
   * Checks a file that is here whole.
   *
   * @throws UnfitDiskException if it is no disk that stands alone
   */
  DiskFormat requireFit(String account, Path file) throws IOException, UnfitDiskException {
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

  void requireGoodHeader(Path file, DiskFormat format) throws IOException, UnfitDiskException {
    check.requireGoodHeader(file, format);
  }

  /** Returns the most bytes that a disk's file may have. */
  long mostBytes() {
    return check.mostFileBytes();
  }
}
