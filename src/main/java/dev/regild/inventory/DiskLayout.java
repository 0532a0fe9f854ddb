package dev.regild.inventory;

import dev.regild.machine.DiskBus;
import dev.regild.machine.MachineSpec;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the operating system's filesystems lie on its disk, found once, inside an appliance.
 *
 * @param firmware what the disk boots with
 * @param filesystems in the order of mounting, the root first
 * @param hardware what else the system wants of its machine
 * @param sectorBytes of the disk: 512 or 4096
 */
public record DiskLayout(
    Firmware firmware, List<Filesystem> filesystems, Hardware hardware, int sectorBytes) {
  /** The sector of nearly all disks. */
  public static final int USUAL_SECTOR_BYTES = 512;

  public DiskLayout {
    filesystems = List.copyOf(filesystems);
    // A layout that was stored before these were looked for has neither.
    sectorBytes = sectorBytes == 0 ? USUAL_SECTOR_BYTES : sectorBytes;
    hardware = hardware == null ? Hardware.USUAL : hardware;
  }

  /** Of a system that runs on the usual machine. */
  public DiskLayout(Firmware firmware, List<Filesystem> filesystems) {
    this(firmware, filesystems, Hardware.USUAL, USUAL_SECTOR_BYTES);
  }

  /** The hardware of a machine that boots this disk. */
  public MachineSpec.Hardware machine() {
    return new MachineSpec.Hardware(
        firmware == Firmware.UEFI, hardware.bus, hardware.tpm, sectorBytes);
  }

  /**
   * What a system wants of its machine.
   *
   * @param bus that it has a driver for at its boot
   * @param tpm whether it had a TPM
   */
  public record Hardware(DiskBus bus, boolean tpm) {
    static final Hardware USUAL = new Hardware(DiskBus.VIRTIO, false);
  }

  public enum Firmware {
    BIOS,
    UEFI
  }

  /**
   * One filesystem that belongs to the operating system.
   *
   * @param mountPoint where it is mounted: {@code /}
   * @param device the appliance's name of the device: {@code /dev/sda2}, {@code /dev/vg/root}; that
   *     of a partition can be another in the next appliance, where the UUID tells
   * @param offset bytes from the start of the disk; -1 where it lies on no plain partition (LVM,
   *     RAID)
   * @param size bytes; -1 where it lies on no plain partition
   * @param type {@code ext4}, {@code xfs}, {@code vfat}
   * @param uuid the filesystem's UUID, empty where it has none
   * @param label the filesystem's label, empty where it has none
   * @param partitionUuid the GPT partition's UUID, empty where it has none
   * @param subvolume the path of the mounted subvolume of a btrfs, empty for all others
   */
  public record Filesystem(
      String mountPoint,
      String device,
      long offset,
      long size,
      String type,
      String uuid,
      String label,
      String partitionUuid,
      String subvolume) {
    /** libguestfs' name of a subvolume, which layouts had for a device before. */
    private static final Pattern SUBVOLUME =
        Pattern.compile("btrfsvol:(/dev/(?:[sv]d[a-z]+\\d*|md\\d+|[^/]+/[^/]+))/(.+)");

    public Filesystem {
      Matcher old = SUBVOLUME.matcher(device);
      if (old.matches()) {
        device = old.group(1);
        subvolume = old.group(2);
      } else if (subvolume == null) {
        subvolume = "";
      }
    }
  }
}
