package dev.regild.inventory;

import dev.regild.machine.DiskBus;
import dev.regild.machine.MachineSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the operating system's filesystems lie on its disk, found once, inside an appliance.
 *
 * @param firmware what the disk boots with
 * @param filesystems in the order of mounting, the root first
 * @param hardware what else the system wants of its machine
 */
public record DiskLayout(Firmware firmware, List<Filesystem> filesystems, Hardware hardware) {
  public DiskLayout(Firmware firmware, List<Filesystem> filesystems, @Nullable Hardware hardware) {
    this.firmware = firmware;
    this.filesystems = List.copyOf(filesystems);
    // A layout that was stored before this was looked for has none.
    this.hardware = hardware == null ? Hardware.USUAL : hardware;
  }

  /** Of a system that runs on the usual machine. */
  public DiskLayout(Firmware firmware, List<Filesystem> filesystems) {
    this(firmware, filesystems, Hardware.USUAL);
  }

  /** The hardware of a machine that boots this disk. */
  public MachineSpec.Hardware machine() {
    return new MachineSpec.Hardware(firmware == Firmware.UEFI, hardware.bus, hardware.tpm);
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
