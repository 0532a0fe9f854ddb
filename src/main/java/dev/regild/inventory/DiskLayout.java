package dev.regild.inventory;

import java.util.List;

/**
 * Where the operating system's filesystems lie on its disk, found once, inside an appliance.
 *
 * @param firmware what the disk boots with
 * @param filesystems in the order of mounting, the root first
 */
public record DiskLayout(Firmware firmware, List<Filesystem> filesystems) {
  public DiskLayout {
    filesystems = List.copyOf(filesystems);
  }

  public enum Firmware {
    BIOS,
    UEFI
  }

  /**
   * One filesystem that belongs to the operating system.
   *
   * @param mountPoint where it is mounted: {@code /}
   * @param device the appliance's name of the device: {@code /dev/sda2}
   * @param offset bytes from the start of the disk; -1 where it is no plain partition (LVM, RAID)
   * @param size bytes; -1 where it is no plain partition
   * @param type {@code ext4}, {@code xfs}, {@code vfat}
   * @param uuid the filesystem's UUID, empty where it has none
   * @param label the filesystem's label, empty where it has none
   * @param partitionUuid the GPT partition's UUID, empty where it has none
   */
  public record Filesystem(
      String mountPoint,
      String device,
      long offset,
      long size,
      String type,
      String uuid,
      String label,
      String partitionUuid) {}
}
