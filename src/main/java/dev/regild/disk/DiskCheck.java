package dev.regild.disk;

import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides whether an uploaded file is a disk that stands alone. Headers are read here, in Java,
 * before any of QEMU's tools opens the file: a header may name other files of the host, which QEMU
 * would open. Then {@code qemu-img} says what it takes the disk for, and only one that both read
 * the same way goes on. Its tools see nothing but the one file ({@link QemuImg}).
 */
public final class DiskCheck {
  /** 2 TiB. */
  public static final long DEFAULT_MAX_VIRTUAL_BYTES = 2L << 40;

  private static final int MIN_BYTES = 64 * 1024;
  static final String FLATTEN = "; flatten it with: qemu-img convert -O qcow2 OLD NEW";

  /** The beginnings of files that people upload by mistake, in ISO 8859-1. */
  private static final Map<String, String> NO_DISKS =
      Map.of(
          "\u001f\u008b", "a gzip archive; unpack it first",
          "PK\u0003\u0004", "a zip archive; unpack it first",
          "\u00fd7zXZ\u0000", "an xz archive; unpack it first",
          "(\u00b5/\u00fd", "a zstd archive; unpack it first",
          "BZh", "a bzip2 archive; unpack it first",
          "7z\u00bc\u00af", "a 7z archive; unpack it first",
          "conectix", "a vhd; convert it with: qemu-img convert -f vpc -O qcow2 OLD NEW",
          "<<< ", "a VirtualBox disk; convert it with: qemu-img convert -f vdi -O qcow2 OLD NEW",
          "MSWIM", "a Windows image file (wim), not a disk",
          "\u007fELF", "a program");

  /** Each reads all tables of a disk, with memory and processor time within {@link QemuImg}'s. */
  private static final int AT_ONCE = 2;

  private final long maxVirtualBytes;

  private final CheckTurns turns = new CheckTurns(AT_ONCE);

  public DiskCheck(long maxVirtualBytes) {
    this.maxVirtualBytes = maxVirtualBytes;
  }

  /**
   * Tells a disk's format by its first bytes.
   *
   * @throws UnfitDiskException if it has another format; the message says what it looks like
   */
  public static DiskFormat detect(Path file) throws IOException, UnfitDiskException {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() == 0) {
        throw new UnfitDiskException("the file is empty");
      }
      ByteBuffer start = FileBytes.at(channel, 0, 512);
      String text = StandardCharsets.ISO_8859_1.decode(start.duplicate()).toString();
      int magic = start.remaining() < 4 ? 0 : start.getInt(0);
      if (magic == Qcow2Header.MAGIC) {
        return DiskFormat.QCOW2;
      }
      if (magic == VmdkHeader.MAGIC) {
        return DiskFormat.VMDK;
      }
      if (text.startsWith("vhdxfile")) {
        return DiskFormat.VHDX;
      }
      refuseKnown(channel, text);
      if (channel.size() < MIN_BYTES) {
        throw new UnfitDiskException(
            "the file is too small to be a disk: %d bytes".formatted(channel.size()));
      }
      if (PartitionTable.hasMbrSignature(channel) || PartitionTable.hasGptSignature(channel)) {
        return DiskFormat.RAW;
      }
      if (BareVolume.find(channel).isPresent()) {
        return DiskFormat.RAW;
      }
      throw new UnfitDiskException(
          "the file is not a disk: it is not qcow2, vmdk or vhdx, and has no partition table,"
              + " ext4, xfs, btrfs or LVM");
    }
  }

  /**
   * Refuses a disk that refers to other files, is encrypted, damaged, truncated or too large. Reads
   * all of its tables, which takes seconds for a large one. Two disks are checked at one time, of
   * two accounts; others wait for their turn.
   *
   * @param account whose disk it is
   * @param wait how long it may wait for its turn
   * @throws DisksBusyException if its turn did not come in that time
   */
  public void requireSelfContained(String account, Path disk, DiskFormat format, Duration wait)
      throws IOException, UnfitDiskException, ProgramException, InterruptedException {
    long virtualBytes = goodHeader(disk, format);
    try (CheckTurns.Turn _ = turns.take(account, wait)) {
      requireSound(disk, format, virtualBytes);
    }
  }

  private void requireSound(Path disk, DiskFormat format, long virtualBytes)
      throws UnfitDiskException, ProgramException, InterruptedException {
    requireAlone(disk, format, virtualBytes);
    Optional<String> damage = QemuImg.check(disk, format);
    if (damage.isPresent()) {
      throw damaged(damage.get());
    }
  }

  /** What qemu-img takes the disk for; it opens nothing but its header. */
  private void requireAlone(Path disk, DiskFormat format, long virtualBytes)
      throws UnfitDiskException, ProgramException, InterruptedException {
    QemuImg.Info info = info(disk, format);
    if (info.backingFile().isPresent()) {
      throw new UnfitDiskException(
          "the disk needs a backing file, %s%s".formatted(info.backingFile().get(), FLATTEN));
    }
    if (!info.formatSpecific().path("data-file").isMissingNode()) {
      throw new UnfitDiskException("the disk's data is in another file" + FLATTEN);
    }
    List<String> extents =
        info.formatSpecific()
            .path("extents")
            .valueStream()
            .map(extent -> extent.path("filename").asString(""))
            .toList();
    if (extents.stream().anyMatch(name -> !name.equals(disk.toAbsolutePath().toString()))
        || extents.size() > 1) {
      throw new UnfitDiskException("the disk refers to other files" + FLATTEN);
    }
    requireSize(info.virtualBytes());
    if (format != DiskFormat.RAW && info.virtualBytes() != virtualBytes) {
      throw new UnfitDiskException(
          "the disk is damaged: its header gives a size of %d bytes, qemu-img %d"
              .formatted(virtualBytes, info.virtualBytes()));
    }
  }

  private QemuImg.Info info(Path disk, DiskFormat format)
      throws UnfitDiskException, ProgramException, InterruptedException {
    try {
      return QemuImg.info(disk, format);
    } catch (ProgramException e) {
      if (QemuImg.isDisksFault(e)) {
        throw damaged(String.valueOf(e.getMessage()));
      }
      throw e;
    }
  }

  private static UnfitDiskException damaged(String why) {
    return new UnfitDiskException("the disk is damaged or truncated: " + why);
  }

  /** That part of {@link #requireSelfContained} which the header alone tells, in milliseconds. */
  public void requireGoodHeader(Path disk, DiskFormat format)
      throws IOException, UnfitDiskException {
    var _ = goodHeader(disk, format);
  }

  /** The size of the disk that a guest sees, as the header tells it. */
  private long goodHeader(Path disk, DiskFormat format) throws IOException, UnfitDiskException {
    try {
      long bytes =
          switch (format) {
            case QCOW2 -> requireGood(Qcow2Header.read(disk), Files.size(disk));
            case VMDK -> VmdkHeader.read(disk).virtualBytes();
            case VHDX -> requireGood(VhdxHeader.read(disk));
            case RAW -> requireGoodRaw(disk);
          };
      requireSize(bytes);
      return bytes;
    } catch (ArithmeticException overflow) {
      throw new UnfitDiskException("the disk is damaged: its header is inconsistent", overflow);
    }
  }

  private static void refuseKnown(FileChannel channel, String text)
      throws IOException, UnfitDiskException {
    if (text.startsWith("# Disk DescriptorFile")) {
      throw new UnfitDiskException(
          "the file is only the descriptor of a vmdk whose extents are other files" + FLATTEN);
    }
    for (Map.Entry<String, String> known : NO_DISKS.entrySet()) {
      if (text.startsWith(known.getKey())) {
        throw new UnfitDiskException("the file is not a disk but " + known.getValue());
      }
    }
    ByteBuffer volume = FileBytes.at(channel, 32769, 5);
    if (StandardCharsets.ISO_8859_1.decode(volume).toString().equals("CD001")) {
      throw new UnfitDiskException(
          "the file is not a disk but a CD image (ISO 9660); install from it, then upload the disk");
    }
  }

  public static long requireGood(Qcow2Header header, long fileBytes) throws UnfitDiskException {
    if (header.backingFile().isPresent()) {
      throw new UnfitDiskException(
          "the disk needs a backing file, %s%s".formatted(header.backingFile().get(), FLATTEN));
    }
    if (header.hasExternalData()) {
      throw new UnfitDiskException("the disk's data is in another file" + FLATTEN);
    }
    if (header.encryption() != 0) {
      throw new UnfitDiskException("the disk is encrypted; decrypt it with qemu-img convert");
    }
    if (header.isCorrupt() || header.isDirty()) {
      throw new UnfitDiskException(
          "the disk was not closed cleanly or is marked corrupt; repair it with: qemu-img check -r"
              + " all DISK");
    }
    if (header.tablesEnd() > fileBytes) {
      throw new UnfitDiskException(
          "the disk is truncated: its tables end at %d, the file at %d bytes; upload it again"
              .formatted(header.tablesEnd(), fileBytes));
    }
    return header.virtualBytes();
  }

  private static long requireGood(VhdxHeader header) throws UnfitDiskException {
    if (header.hasParent()) {
      throw new UnfitDiskException("the disk needs a backing file" + FLATTEN);
    }
    return header.virtualBytes();
  }

  private static long requireGoodRaw(Path disk) throws IOException, UnfitDiskException {
    try (FileChannel channel = FileChannel.open(disk)) {
      boolean hasTable =
          PartitionTable.hasMbrSignature(channel) || PartitionTable.hasGptSignature(channel);
      long end =
          hasTable
              ? PartitionTable.end(channel)
              : BareVolume.find(channel).map(BareVolume::end).orElse(0L);
      if (end > channel.size()) {
        throw new UnfitDiskException(
            "the disk is truncated: what is on it ends at %d, the file at %d bytes; upload it again"
                .formatted(end, channel.size()));
      }
      return channel.size();
    }
  }

  /** How large the file of a disk is at most: all of the largest disk, and a format's tables. */
  public long mostFileBytes() {
    return maxVirtualBytes + (maxVirtualBytes >> 4) + (1 << 20);
  }

  private void requireSize(long virtualBytes) throws UnfitDiskException {
    if (virtualBytes <= 0) {
      throw new UnfitDiskException("the disk is empty: its size is 0; upload another");
    }
    if (virtualBytes > maxVirtualBytes) {
      throw new UnfitDiskException(
          "the disk has %s, and at most %s are taken; make it smaller"
              .formatted(ByteCount.text(virtualBytes), ByteCount.text(maxVirtualBytes)));
    }
  }
}
