package dev.regild.demo;

import dev.regild.machine.Program;
import dev.regild.machine.ProgramException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Makes a raw disk from a directory tree, without a loop device and without mounting: a GUID
 * partition table, a BIOS boot partition with GRUB's core image, and an ext4 file system that holds
 * the tree.
 */
final class BootableDisk {
  private static final int SECTOR = 512;
  private static final long DISK_SECTORS = (3L << 30) / SECTOR;
  private static final long MEBIBYTE = (1L << 20) / SECTOR;
  private static final GuidPartitionTable.Partition BIOS_BOOT =
      new GuidPartitionTable.Partition(
          UUID.fromString("21686148-6449-6E6F-744E-656564454649"),
          "bios-boot",
          MEBIBYTE,
          2 * MEBIBYTE - 1);
  private static final GuidPartitionTable.Partition ROOT =
      new GuidPartitionTable.Partition(
          UUID.fromString("0FC63DAF-8483-4772-8E79-3D69D8477DE4"),
          "root",
          2 * MEBIBYTE,
          DISK_SECTORS - MEBIBYTE - 1);

  /** In grub-core/boot/i386/pc/boot.S: the 64-bit sector of the core image. */
  private static final int BOOT_KERNEL_SECTOR = 0x5c;

  /** In boot.S: what follows belongs to the partition table of the disk. */
  private static final int BOOT_CODE_END = 0x1b8;

  /** In grub-core/boot/i386/pc/diskboot.S: the 64-bit sector where the rest of the core begins. */
  private static final int CORE_REST_SECTOR = 0x1f4;

  private BootableDisk() {}

  /**
   * Writes the disk.
   *
   * @param tree becomes the root file system, with its owners and permissions
   * @param rootUuid of the root file system
   * @param disk the raw file to write, sparse
   * @throws ProgramException if mke2fs fails, for example because the tree does not fit
   */
  static void write(Path tree, UUID rootUuid, Path disk)
      throws IOException, ProgramException, InterruptedException {
    try (FileChannel channel =
        FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      new GuidPartitionTable(DISK_SECTORS, BIOS_BOOT, ROOT).write(channel);
    }
    Program.of(
            "mke2fs",
            "-q",
            "-F",
            "-t",
            "ext4",
            // Newer e2fsprogs turn these on; the GRUB and the fsck of Debian 12 don't know them.
            "-O",
            "^metadata_csum_seed,^orphan_file",
            "-U",
            rootUuid.toString(),
            "-L",
            "root",
            "-E",
            "offset=%d,lazy_itable_init=1,lazy_journal_init=1".formatted(ROOT.first() * SECTOR),
            "-d",
            tree.toString(),
            disk.toString(),
            "%dk".formatted(ROOT.sectors() / 2))
        .run();
  }

  /**
   * Puts GRUB on the disk as {@code grub-install} does for a BIOS boot partition.
   *
   * @param boot GRUB's {@code boot.img}
   * @param core made by {@code grub-mkimage -O i386-pc}
   */
  static void embed(Path boot, Path core, Path disk) throws IOException {
    ByteBuffer first = littleEndian(boot).putLong(BOOT_KERNEL_SECTOR, BIOS_BOOT.first());
    ByteBuffer rest = littleEndian(core).putLong(CORE_REST_SECTOR, BIOS_BOOT.first() + 1);
    if (rest.capacity() > BIOS_BOOT.sectors() * SECTOR) {
      throw new IOException("GRUB's core image is too large: %d bytes".formatted(rest.capacity()));
    }
    try (FileChannel channel = FileChannel.open(disk, StandardOpenOption.WRITE)) {
      GuidPartitionTable.writeFully(channel, first.limit(BOOT_CODE_END), 0);
      GuidPartitionTable.writeFully(channel, rest, BIOS_BOOT.first() * SECTOR);
    }
  }

  private static ByteBuffer littleEndian(Path file) throws IOException {
    return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
