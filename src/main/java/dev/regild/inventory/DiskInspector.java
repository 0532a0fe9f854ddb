package dev.regild.inventory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.disk.DiskChain;
import dev.regild.disk.DiskFormat;
import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.inventory.DiskLayout.Firmware;
import dev.regild.inventory.DiskLayout.Hardware;
import dev.regild.machine.Appliances;
import dev.regild.machine.Guestfs;
import dev.regild.machine.Guestfs.Partition;
import dev.regild.machine.GuestfsException;
import dev.regild.machine.ProgramException;
import dev.regild.machine.ServedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inspects an unknown disk; the host's kernel never parses it. One in the usual form is read in
 * memory that Java guards, from the bytes that a sandboxed program serves. All others are opened in
 * an appliance, which also says what is wrong with a disk.
 */
public final class DiskInspector {
  /** Of all that is looked at after the start of the appliance. */
  private static final Duration INSPECTION = Duration.ofMinutes(30);

  /** Of a disk in the usual form; it takes a second. */
  private static final Duration READING = Duration.ofMinutes(2);

  private static final Duration PROGRAM = Duration.ofMinutes(5);
  private static final int LARGE_SECTOR_BYTES = 4096;
  private static final String GPT = "EFI PART";

  /** The beginning of libguestfs' names of subvolumes. */
  private static final String SUBVOLUME = "btrfsvol:";

  private static final Logger LOG = LoggerFactory.getLogger(DiskInspector.class);

  private final Appliances appliances;
  private final List<InstalledSystem> systems;

  /**
   * @param systems that a disk may hold
   */
  public DiskInspector(Appliances appliances, List<? extends InstalledSystem> systems) {
    this.appliances = appliances;
    this.systems = List.copyOf(systems);
  }

  /**
   * Inspects a disk, without changing it.
   *
   * @param directory for what the appliance writes
   * @param watcher is told how to end the inspection at once, from another thread; it then fails
   *     with IOException
   * @return the inventory and the layout of its one operating system
   * @throws UnfitDiskException if the disk can't be made an image; the message says why
   * @throws IOException if the inspection itself failed
   */
  public DiskInspection inspect(
      Path disk, DiskFormat format, Path directory, Consumer<Runnable> watcher)
      throws IOException, UnfitDiskException {
    Optional<DiskInspection> read = read(disk, format, directory, watcher);
    return read.isPresent() ? read.get() : inAppliance(disk, format, directory, watcher);
  }

  /** Empty if it takes an appliance. */
  private Optional<DiskInspection> read(
      Path disk, DiskFormat format, Path directory, Consumer<Runnable> watcher) throws IOException {
    try (ServedDisk served =
        ServedDisk.open(disk, bases(disk, format), format.qemuName(), directory, READING)) {
      watcher.accept(served::close);
      return Optional.of(new UsualDisk(systems).inspect(served::read));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while the disk was being inspected.", e);
    } catch (IOException | ProgramException | UnfitDiskException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new IOException("Interrupted while the disk was being inspected.", e);
      }
      LOG.atDebug().addKeyValue("reason", e.getMessage()).log("the disk is for an appliance");
      return Optional.empty();
    }
  }

  DiskInspection inAppliance(
      Path disk, DiskFormat format, Path directory, Consumer<Runnable> watcher)
      throws IOException, UnfitDiskException {
    try {
      Optional<DiskInspection> usual =
          inspect(disk, format, DiskLayout.USUAL_SECTOR_BYTES, directory, watcher);
      return usual.isPresent()
          ? usual.get()
          : inspect(disk, format, LARGE_SECTOR_BYTES, directory, watcher).orElseThrow();
    } catch (GuestfsException e) {
      throw new IOException("Cannot inspect the disk: " + e.getMessage(), e);
    }
  }

  /** Empty if the disk is one of larger sectors than that. */
  private Optional<DiskInspection> inspect(
      Path disk, DiskFormat format, int sectorBytes, Path directory, Consumer<Runnable> watcher)
      throws IOException, GuestfsException, UnfitDiskException {
    try (Guestfs appliance = Guestfs.create(appliances.accelerator().get(), directory)) {
      watcher.accept(appliance::abort);
      appliance.addDrive(disk, bases(disk, format), format.qemuName(), true, sectorBytes);
      appliance.launch(appliances.startLimit());
      try (Guestfs.Limit _ = appliance.limit(INSPECTION, "the inspection of the disk")) {
        if (sectorBytes == DiskLayout.USUAL_SECTOR_BYTES && hasLargeSectors(appliance)) {
          return Optional.empty();
        }
        return Optional.of(inspect(appliance, sectorBytes, directory));
      }
    }
  }

  /** Its GPT lies one sector from the start (UEFI 2.10, section 5.3.2). */
  private static boolean hasLargeSectors(Guestfs appliance) throws GuestfsException {
    String disk = appliance.listDevices().getFirst();
    return !isGpt(appliance, disk, DiskLayout.USUAL_SECTOR_BYTES)
        && isGpt(appliance, disk, LARGE_SECTOR_BYTES);
  }

  private static boolean isGpt(Guestfs appliance, String disk, int at) throws GuestfsException {
    byte[] signature = appliance.readDevice(disk, GPT.length(), at);
    return new String(signature, ISO_8859_1).equals(GPT);
  }

  /** An uploaded disk stands alone, as was checked; an overlay of ours stands on a layer. */
  private static List<Path> bases(Path disk, DiskFormat format) throws IOException {
    return format == DiskFormat.QCOW2 ? DiskChain.below(disk) : List.of();
  }

  private DiskInspection inspect(Guestfs appliance, int sectorBytes, Path directory)
      throws IOException, GuestfsException, UnfitDiskException {
    String root = onlyRoot(appliance);
    String type = appliance.inspectType(root);
    if (type.equals("linux")) {
      return linux(appliance, root, sectorBytes, directory);
    }
    for (InstalledSystem system : systems) {
      Optional<InstalledSystem.Installed> installed =
          system.inspect(type, appliance, root, directory);
      if (installed.isPresent()) {
        DiskLayout layout =
            layout(appliance, Map.of("/", root), installed.get().hardware(), sectorBytes);
        return new DiskInspection(installed.get().inventory(), layout);
      }
    }
    throw new UnfitDiskException(
        "The operating system on this disk is \""
            + appliance.inspectProductName(root)
            + "\" ("
            + type
            + "), which Regild does not support. Supported: "
            + InstalledSystem.products(systems)
            + ".");
  }

  private DiskInspection linux(Guestfs appliance, String root, int sectorBytes, Path directory)
      throws IOException, GuestfsException, UnfitDiskException {
    // Before rpm is run: it could not be.
    String architecture = appliance.inspectArchitecture(root);
    if (!architecture.equals(Guestfs.UNKNOWN)) {
      InventoryReader.requireArchitecture(architecture);
    }
    Map<String, String> mountPoints = mountPoints(appliance, root);
    for (Map.Entry<String, String> mount : mountPoints.entrySet()) {
      requireNoLink(appliance, mount.getKey());
      appliance.mountReadOnly(mount.getValue(), mount.getKey());
      if (mount.getKey().equals("/")) {
        fstab(appliance).requireOwn(mountPoints.keySet());
      }
    }
    Inventory inventory =
        InventoryReader.read(systems, new ApplianceFiles(appliance, mountPoints, directory));
    return new DiskInspection(
        inventory, layout(appliance, mountPoints, Hardware.USUAL, sectorBytes));
  }

  private static Fstab fstab(Guestfs appliance) throws GuestfsException {
    return appliance.isFile(Fstab.FILE)
        ? Fstab.parse(new String(appliance.readFile(Fstab.FILE), UTF_8))
        : new Fstab(List.of());
  }

  private static Map<String, String> mountPoints(Guestfs appliance, String root)
      throws GuestfsException, UnfitDiskException {
    // An /etc/fstab may not name the root, or by the name that it has in the image's own machine.
    Map<String, String> found = new LinkedHashMap<>(Map.of("/", root));
    found.putAll(appliance.inspectMountPoints(root));
    found.put("/", root);
    Map<String, String> mounted = new LinkedHashMap<>();
    for (Map.Entry<String, String> mount : found.entrySet()) {
      String device = mount.getValue();
      String type = filesystemType(appliance, device);
      boolean absent = type.isEmpty() && !mount.getKey().equals("/");
      if (!absent && MountPoints.isMounted(mount.getKey(), device, type)) {
        mounted.put(mount.getKey(), device);
      }
    }
    return mounted;
  }

  /** Empty for a disk that is not there, of which /etc/fstab has only the name. */
  private static String filesystemType(Guestfs appliance, String device) {
    try {
      return appliance.filesystemType(device);
    } catch (GuestfsException e) {
      return "";
    }
  }

  /** The filesystems that a mount point lies on are mounted. */
  private static void requireNoLink(Guestfs appliance, String mountPoint)
      throws GuestfsException, UnfitDiskException {
    for (String step : MountPoints.steps(mountPoint)) {
      if (appliance.isSymbolicLink(step)) {
        throw new UnfitDiskException(
            "/etc/fstab mounts a filesystem on %s, and %s is a symbolic link. Name the directory that it leads to, and upload the disk again."
                .formatted(mountPoint, step));
      }
    }
  }

  private String onlyRoot(Guestfs appliance) throws GuestfsException, UnfitDiskException {
    List<String> roots = appliance.inspectOs();
    if (roots.size() > 1) {
      throw new UnfitDiskException(
          "There are "
              + roots.size()
              + " operating systems on this disk (on "
              + String.join(", ", roots)
              + "). An image must have exactly one; remove the others.");
    }
    if (roots.isEmpty()) {
      throw new UnfitDiskException(whyThereIsNone(appliance));
    }
    return roots.getFirst();
  }

  private String whyThereIsNone(Guestfs appliance) throws GuestfsException {
    // What is encrypted does not count as a filesystem.
    List<String> places = new ArrayList<>(appliance.listPartitions());
    places.addAll(appliance.listDevices());
    for (String place : places) {
      String type = appliance.filesystemType(place);
      for (InstalledSystem system : systems) {
        Optional<String> why = system.whyClosed(type, place);
        if (why.isPresent()) {
          return why.get();
        }
      }
      if (type.equals("crypto_LUKS")) {
        return "The root of this disk is encrypted (%s on %s). Upload a disk whose root is not."
            .formatted(type, place);
      }
    }
    Map<String, String> filesystems = appliance.listFilesystems();
    return filesystems.isEmpty()
        ? "This disk contains no operating system: it has no filesystem."
        : "This disk contains no operating system, only the filesystems " + filesystems + ".";
  }

  private static DiskLayout layout(
      Guestfs appliance, Map<String, String> mountPoints, Hardware hardware, int sectorBytes)
      throws GuestfsException, UnfitDiskException {
    List<String> partitions = appliance.listPartitions();
    List<Filesystem> filesystems = new ArrayList<>();
    for (Map.Entry<String, String> mount : mountPoints.entrySet()) {
      String subvolume = subvolume(appliance, mount.getValue());
      String device =
          subvolume.isEmpty() ? mount.getValue() : deviceOfBtrfs(appliance, mount.getValue());
      long offset = -1;
      long size = -1;
      String partitionUuid = "";
      if (partitions.contains(device)) {
        String table = appliance.deviceOf(device);
        int number = appliance.partitionNumber(device);
        for (Partition partition : appliance.partitions(table)) {
          if (partition.number() == number) {
            offset = partition.start();
            size = partition.size();
          }
        }
        if (appliance.partitionTableType(table).equals("gpt")) {
          partitionUuid = appliance.gptGuid(table, number).toLowerCase(Locale.ROOT);
        }
      } else if (appliance.listDevices().contains(device)) {
        offset = 0;
        size = appliance.deviceSize(device);
      }
      filesystems.add(
          new Filesystem(
              mount.getKey(),
              device,
              offset,
              size,
              appliance.filesystemType(device),
              appliance.filesystemUuid(device),
              appliance.filesystemLabel(device),
              partitionUuid,
              subvolume));
    }
    return new DiskLayout(firmware(appliance), filesystems, hardware, sectorBytes);
  }

  /** It becomes one of mount's options. */
  private static String subvolume(Guestfs appliance, String mountable)
      throws GuestfsException, UnfitDiskException {
    if (!mountable.startsWith(SUBVOLUME)) {
      return "";
    }
    String subvolume = appliance.subvolume(mountable);
    if (!subvolume.chars().allMatch(c -> c > ' ' && c != ',' && c != 0x7f)) {
      throw new UnfitDiskException(
          "The btrfs subvolume \"%s\" has a name with a comma or white space. Rename it, and upload the disk again."
              .formatted(subvolume));
    }
    return subvolume;
  }

  /**
   * libguestfs names a subvolume's device as the appliance's kernel does, and others its own way.
   */
  private static String deviceOfBtrfs(Guestfs appliance, String subvolume)
      throws GuestfsException, UnfitDiskException {
    String uuid = appliance.filesystemUuid(subvolume);
    List<String> devices = new ArrayList<>(appliance.listPartitions());
    devices.addAll(appliance.listDevices());
    devices.addAll(appliance.listLogicalVolumes());
    for (String device : devices) {
      if (appliance.filesystemType(device).equals("btrfs")
          && appliance.filesystemUuid(device).equals(uuid)) {
        return device;
      }
    }
    throw new UnfitDiskException(
        "The btrfs %s of this disk is on none of its partitions and logical volumes. Move the system to a partition."
            .formatted(uuid));
  }

  /** A disk with an EFI system partition, and no place for a BIOS boot loader, boots by UEFI. */
  private static Firmware firmware(Guestfs appliance) throws GuestfsException {
    String disk = appliance.listDevices().getFirst();
    if (appliance.listPartitions().isEmpty() || !appliance.partitionTableType(disk).equals("gpt")) {
      return Firmware.BIOS;
    }
    List<String> types = new ArrayList<>();
    for (Partition partition : appliance.partitions(disk)) {
      types.add(appliance.gptType(disk, partition.number()));
    }
    return types.contains(UsualDisk.EFI_SYSTEM) && !types.contains(UsualDisk.BIOS_BOOT)
        ? Firmware.UEFI
        : Firmware.BIOS;
  }

  /** Files are downloaded: what libguestfs reads into memory is limited to 4 MiB. */
  private static final class ApplianceFiles implements GuestFiles {
    private final Guestfs appliance;
    private final Map<String, String> mountPoints;
    private final Path directory;
    private boolean writable;

    ApplianceFiles(Guestfs appliance, Map<String, String> mountPoints, Path directory) {
      this.appliance = appliance;
      this.mountPoints = mountPoints;
      this.directory = directory;
    }

    @Override
    public byte[] read(String path) throws IOException {
      Path copy = Files.createTempFile(directory, "file", null);
      try {
        appliance.download(path, copy, MAX_READ_BYTES);
        return Files.readAllBytes(copy);
      } catch (GuestfsException e) {
        throw new IOException(e.getMessage(), e);
      } finally {
        Files.delete(copy);
      }
    }

    @Override
    public boolean exists(String path) throws IOException {
      try {
        return appliance.exists(path) || appliance.isSymbolicLink(path);
      } catch (GuestfsException e) {
        throw new IOException(e.getMessage(), e);
      }
    }

    /** rpm locks its database even to read it; what it writes is gone with the appliance. */
    @Override
    public String run(String... command) throws IOException {
      try {
        if (!writable) {
          appliance.unmountAll();
          for (Map.Entry<String, String> mount : mountPoints.entrySet()) {
            appliance.mount(mount.getValue(), mount.getKey());
          }
          writable = true;
        }
        return appliance.command(List.of(command), PROGRAM);
      } catch (GuestfsException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }
}
