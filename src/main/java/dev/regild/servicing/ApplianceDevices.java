package dev.regild.servicing;

import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The devices of an image's file systems, by the names that they have in one appliance. The
 * appliance's kernel gives names to disks in the order in which it comes upon them.
 */
record ApplianceDevices(Guestfs appliance) {

  /**
   * Returns the device that holds a file system.
   *
   * @throws GuestException if the disk doesn't have it any more
   */
  String find(Filesystem filesystem) throws GuestException, GuestfsException {
    // libguestfs gives partitions of the first disk the same names in each appliance.
    boolean plain = filesystem.offset() >= 0 && filesystem.subvolume().isEmpty();
    if (plain || filesystem.uuid().isEmpty()) {
      return filesystem.device();
    }
    List<String> devices = new ArrayList<>(appliance.listPartitions());
    devices.addAll(appliance.listDevices());
    devices.addAll(appliance.listLogicalVolumes());
    // The known one first: another may be a copy of it.
    devices.sort(Comparator.comparing(device -> !device.equals(filesystem.device())));
    for (String device : devices) {
      if (isOn(device, filesystem)) {
        return device;
      }
    }
    throw new GuestException(
        "The file system %s of the image's %s is not on its disk. Import the disk again."
            .formatted(filesystem.uuid(), filesystem.mountPoint()));
  }

  private boolean isOn(String device, Filesystem filesystem) throws GuestfsException {
    return appliance.filesystemType(device).equals(filesystem.type())
        && appliance.filesystemUuid(device).equals(filesystem.uuid());
  }
}
