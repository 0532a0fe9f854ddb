package dev.regild.windows.registry;

import dev.regild.disk.UnfitDiskException;
import dev.regild.machine.DiskBus;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import dev.regild.plan.WindowsFacts;
import dev.regild.windows.registry.NtfsVolume.RecordPlace;
import dev.regild.windows.registry.WindowsRegistry.ServiceStart;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Whether a disk with Windows can be serviced; whatever speaks against it names its remedy. */
public final class WindowsFitness {
  private static final String AGENT = WindowsFacts.AGENT_SERVICE;

  /** In the path of a program of 32 bits on a Windows of 64. */
  private static final String OF_32_BITS = "(x86)";

  /** The driver of virtio-blk, as machines have it; vioscsi is for virtio-scsi, and of no use. */
  private static final String VIRTIO_DRIVER = "viostor";

  private static final String SATA_DRIVER = "storahci";

  /** Exit statuses of ntfs-3g.probe(8). */
  private static final int FIT = 0;

  private static final int NO_NTFS = 12;
  private static final int INCONSISTENT = 13;
  private static final int HIBERNATED = 14;
  private static final int NOT_UNMOUNTED = 15;

  private static final String SHUT_DOWN =
      " Start Windows, shut it down with \"shutdown /s /t 0\", and upload the disk again.";

  private WindowsFitness() {}

  /** No volume may be encrypted: what is on it could be neither read nor serviced. */
  static void requireNoBitLocker(Guestfs appliance) throws GuestfsException, UnfitDiskException {
    for (String partition : appliance.listPartitions()) {
      if (appliance.filesystemType(partition).equals("BitLocker")) {
        throw new UnfitDiskException(bitLocker(partition));
      }
    }
  }

  public static String bitLocker(String partition) {
    return "The disk is encrypted (BitLocker on "
        + partition
        + "). Turn it off with \"manage-bde -off C:\", wait until \"manage-bde -status\" says that"
        + " the volume is fully decrypted, shut Windows down, and upload the disk again.";
  }

  /**
   * The volume of Windows was shut down as it should be.
   *
   * @throws IOException if that can't be found out
   */
  static void requireCleanVolume(Guestfs appliance, String device)
      throws IOException, GuestfsException, UnfitDiskException {
    int probe = appliance.probeNtfs(device);
    switch (probe) {
      case FIT -> {
        // Its own flag is left to look at.
      }
      case HIBERNATED ->
          throw new UnfitDiskException(
              "Windows is hibernated on this disk, or was shut down with Fast Startup. Start it,"
                  + " turn both off with \"powercfg /hibernate off\", shut it down with \"shutdown"
                  + " /s /t 0\", and upload the disk again.");
      case NOT_UNMOUNTED ->
          throw new UnfitDiskException(
              "Windows was not shut down cleanly: the NTFS on "
                  + device
                  + " was in use."
                  + SHUT_DOWN);
      case NO_NTFS, INCONSISTENT -> throw new UnfitDiskException(damaged(device));
      default ->
          throw new IOException(
              "The NTFS on %s can't be probed: ntfs-3g.probe ends with %d"
                  .formatted(device, probe));
    }
    RecordPlace place =
        RecordPlace.of(appliance.readDevice(device, NtfsVolume.BOOT_SECTOR_BYTES, 0))
            .orElseThrow(() -> new UnfitDiskException(damaged(device)));
    boolean dirty =
        NtfsVolume.isDirty(appliance.readDevice(device, place.bytes(), place.offset()))
            .orElseThrow(() -> new UnfitDiskException(damaged(device)));
    if (dirty) {
      throw new UnfitDiskException(
          "The NTFS on "
              + device
              + " is marked as dirty: Windows was not shut down cleanly, or wants to check the"
              + " volume."
              + SHUT_DOWN);
    }
  }

  private static String damaged(String device) {
    return "The NTFS on "
        + device
        + " is damaged. Start Windows, repair it with \"chkdsk C: /f\", shut it down, and upload the"
        + " disk again.";
  }

  /**
   * Windows can only be serviced through the agent: it must answer when the machine has started.
   */
  static void requireAgent(WindowsRegistry registry) throws UnfitDiskException {
    Optional<ServiceStart> start = registry.serviceStart(AGENT);
    if (start.isEmpty()) {
      throw new UnfitDiskException(
          "This Windows has no QEMU guest agent (no service "
              + AGENT
              + "). Install guest-agent\\qemu-ga-x86_64.msi from the virtio-win CD in it, shut it"
              + " down, and upload the disk again.");
    }
    if (!List.of(ServiceStart.BOOT, ServiceStart.SYSTEM, ServiceStart.AUTOMATIC)
        .contains(start.get())) {
      throw new UnfitDiskException(
          "The QEMU guest agent does not start with this Windows (the start type of the service %s is %s). Set it with \"sc config %s start= auto\", shut Windows down, and upload the disk again."
              .formatted(AGENT, start.get(), AGENT));
    }
    String path = registry.servicePath(AGENT);
    if (path.contains(OF_32_BITS)) {
      throw new UnfitDiskException(
          "The QEMU guest agent of this Windows is 32-bit (%s), which sees a different registry and different tools on 64-bit Windows. Install guest-agent\\qemu-ga-x86_64.msi from the virtio-win CD in its place, shut Windows down, and upload the disk again."
              .formatted(path));
    }
  }

  /**
   * How a machine must have the disk for this Windows to boot: by virtio if it can.
   *
   * @throws UnfitDiskException if it boots from no disk that a machine can have
   */
  static DiskBus bootBus(WindowsRegistry registry) throws UnfitDiskException {
    if (registry.startsAtBoot(VIRTIO_DRIVER)) {
      return DiskBus.VIRTIO;
    }
    if (registry.startsAtBoot(SATA_DRIVER)) {
      return DiskBus.SATA;
    }
    throw new UnfitDiskException(
        "This Windows boots neither from a virtio disk (%s) nor from SATA (%s). Install %s from the virtio-win CD in it, or start it once with a SATA disk; then shut it down, and upload the disk again."
            .formatted(VIRTIO_DRIVER, SATA_DRIVER, VIRTIO_DRIVER));
  }
}
