package dev.regild.inventory;

import dev.regild.disk.UnfitDiskException;
import dev.regild.disk.contents.DiskBytes;
import dev.regild.disk.contents.Ext4;
import dev.regild.disk.contents.Partitions;
import dev.regild.disk.contents.Partitions.Partition;
import dev.regild.disk.contents.UnusualDiskException;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.inventory.DiskLayout.Hardware;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A disk in the usual form of a Debian or Ubuntu: one ext4 with all of the system, and beside it at
 * most what boots it and swap space. It is inspected from its bytes, which takes moments; every
 * other disk, and every one of which anything is in doubt, is for an appliance.
 */
record UsualDisk(List<InstalledSystem> systems) {
  static final String BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";
  static final String EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";

  /** Of a partition that holds a boot loader's code. */
  private static final long MOST_BOOT_BYTES = 16 << 20;

  /** mkswap(8) writes it at the end of the first page. */
  private static final String SWAP = "SWAPSPACE2";

  private static final int SWAP_AT = 4096 - 10;

  UsualDisk {
    systems = List.copyOf(systems);
  }

  /**
   * Inspects a disk.
   *
   * @throws IOException if it can't be read, or is of another form
   * @throws UnfitDiskException if no image can be made of it, as far as this sees
   */
  DiskInspection inspect(DiskBytes disk) throws IOException, UnfitDiskException {
    Partitions partitions = Partitions.read(disk);
    Partition place = onlyExt4(disk, partitions);
    Ext4 root = Ext4.open(disk, place.offset());
    Files files = new Files(root);
    if (root.exists(Fstab.FILE)
        && Fstab.parse(files.text(Fstab.FILE)).entries().stream()
            .anyMatch(entry -> !entry.mountPoint().equals("/"))) {
      throw new UnusualDiskException("more than the root is mounted");
    }
    Inventory inventory = InventoryReader.read(systems, files);
    Filesystem filesystem =
        new Filesystem(
            "/",
            "/dev/sda" + place.number(),
            place.offset(),
            place.size(),
            "ext4",
            root.uuid(),
            root.label(),
            place.uuid(),
            "");
    return new DiskInspection(
        inventory,
        new DiskLayout(
            firmware(partitions),
            List.of(filesystem),
            Hardware.USUAL,
            DiskLayout.USUAL_SECTOR_BYTES));
  }

  private static Partition onlyExt4(DiskBytes disk, Partitions partitions) throws IOException {
    List<Partition> found = new ArrayList<>();
    for (Partition each : partitions.all()) {
      if (Ext4.isThere(disk, each.offset())) {
        found.add(each);
      } else if (!isInert(disk, each)) {
        throw new UnusualDiskException("a partition has an unusual content");
      }
    }
    if (found.size() != 1) {
      throw new UnusualDiskException("the number of ext4 is not 1");
    }
    return found.getFirst();
  }

  /** Whether no system can be in it. */
  private static boolean isInert(DiskBytes disk, Partition partition) throws IOException {
    ByteBuffer start = disk.read(partition.offset(), 4096);
    String swap = StandardCharsets.ISO_8859_1.decode(start.slice(SWAP_AT, 10)).toString();
    return switch (partition.type()) {
      case BIOS_BOOT -> partition.size() <= MOST_BOOT_BYTES;
      case EFI_SYSTEM -> isFat(start);
      default -> swap.equals(SWAP);
    };
  }

  private static boolean isFat(ByteBuffer start) {
    String boot = StandardCharsets.ISO_8859_1.decode(start.slice(0, 90)).toString();
    return (start.getShort(510) & 0xffff) == 0xaa55
        && (boot.startsWith("FAT", 54) || boot.startsWith("FAT32", 82));
  }

  private static Firmware firmware(Partitions partitions) {
    List<String> types = partitions.all().stream().map(Partition::type).toList();
    return types.contains(EFI_SYSTEM) && !types.contains(BIOS_BOOT) ? Firmware.UEFI : Firmware.BIOS;
  }

  /** Its files; none of its programs is run. */
  private record Files(Ext4 root) implements GuestFiles {
    @Override
    public byte[] read(String path) throws IOException {
      return root.read(path, (int) MAX_READ_BYTES);
    }

    @Override
    public boolean exists(String path) throws IOException {
      return root.exists(path);
    }

    @Override
    public boolean runsPrograms() {
      return false;
    }

    @Override
    public List<String> names(String directory) throws IOException {
      List<String> names = new ArrayList<>();
      for (String name : root.names(directory)) {
        if (root.isFile(directory + "/" + name)) {
          names.add(name);
        }
      }
      return names;
    }

    @Override
    public Optional<byte[]> small(String path, int mostBytes) throws IOException {
      try {
        return root.small(path, mostBytes);
      } catch (UnusualDiskException e) {
        return Optional.empty();
      }
    }

    @Override
    public String run(String... command) throws IOException {
      throw new UnusualDiskException(command[0] + " has to be run");
    }
  }
}
