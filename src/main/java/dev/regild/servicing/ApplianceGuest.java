package dev.regild.servicing;

import dev.regild.disk.DiskFormat;
import dev.regild.inventory.DiskLayout;
import dev.regild.inventory.DiskLayout.Filesystem;
import dev.regild.inventory.GuestFiles;
import dev.regild.machine.Accelerator;
import dev.regild.machine.Appliances;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * A guest in a libguestfs appliance: the disk is parsed in a virtual machine. The guest's {@code
 * /run} and {@code /tmp} lie on scratch drives that are gone with the appliance, and with them all
 * that was put there.
 */
final class ApplianceGuest implements Guest {
  /** Of one thing that is done with the disk, its programs aside. */
  private static final Duration DISK_WORK = Duration.ofMinutes(30);

  /** Sparse files: room for packages, indexes and caches, taken only as it is used. */
  private static final long SCRATCH_BYTES = 16L << 30;

  /** For the indexes, the packages, and their unpacked copies. */
  private static final int UPLOADS = 3;

  /** Comes after the image's disk and two scratch drives. */
  private static final char FIRST_HANDED = 'd';

  /**
   * apt's caches of all of Debian, and the building of an initramfs, want more than the default.
   */
  private static final int MEMORY_MIB = 1536;

  private final Path directory;
  private final List<String> mountPoints;
  private final boolean emulated;
  private final Guestfs appliance;

  /**
   * The disks are added empty, because their content is not known yet when the appliance starts.
   */
  private final List<HandedDisk> handed = new ArrayList<>();

  private int uploads;

  /**
   * @param overlay the qcow2 file to open for writing
   * @param directory exists; for what the appliance writes
   */
  ApplianceGuest(
      Path overlay, DiskLayout layout, Path directory, Appliances appliances, Watcher watcher)
      throws GuestException {
    this.directory = directory;
    this.mountPoints = layout.filesystems().stream().map(Filesystem::mountPoint).toList();
    Accelerator accelerator = appliances.accelerator().get();
    this.emulated = accelerator == Accelerator.TCG;
    this.appliance = orGuestException(() -> Guestfs.create(accelerator, directory));
    watcher.running(this::abort);
    try {
      for (int i = 0; i < UPLOADS; i++) {
        handed.add(orGuestException(() -> HandedDisk.empty(directory)));
      }
      open(overlay, layout, appliances.startLimit());
    } catch (GuestException e) {
      appliance.close();
      throw e;
    } catch (GuestfsException e) {
      appliance.close();
      throw new GuestException("Cannot open the disk in an appliance: " + e.getMessage(), e);
    }
  }

  private void open(Path overlay, DiskLayout layout, Duration startLimit)
      throws GuestException, GuestfsException {
    appliance.setMemoryMiB(MEMORY_MIB);
    if (emulated) {
      // Two processors that wake each other cost more than they gain: a fork and exec takes 10 ms
      // of
      // the host's processor time with two, and 5 ms with one.
      appliance.setCpus(1);
      appliance.setSameAddresses();
    } else {
      appliance.setCpus(Math.min(2, Runtime.getRuntime().availableProcessors()));
    }
    appliance.addDrive(
        overlay,
        GuestDisk.bases(overlay),
        DiskFormat.QCOW2.qemuName(),
        false,
        layout.sectorBytes());
    appliance.addScratchDrive(SCRATCH_BYTES);
    appliance.addScratchDrive(SCRATCH_BYTES);
    for (HandedDisk disk : handed) {
      appliance.addDrive(disk.file(), HandedDisk.FORMAT.qemuName(), true);
    }
    appliance.launch(startLimit);
    try (Guestfs.Limit _ = appliance.limit(DISK_WORK, "the mounting of the disk")) {
      mount(layout);
    }
  }

  private void mount(DiskLayout layout) throws GuestException, GuestfsException {
    ApplianceDevices devices = new ApplianceDevices(appliance);
    for (Filesystem filesystem : layout.filesystems()) {
      String device = devices.find(filesystem);
      if (filesystem.subvolume().isEmpty()) {
        appliance.mount(device, filesystem.mountPoint());
      } else {
        appliance.mount(device, filesystem.mountPoint(), "subvol=" + filesystem.subvolume());
      }
    }
    mountScratch("/dev/sdb", "/run", 0755);
    mountScratch("/dev/sdc", "/tmp", 01777);
    appliance.makeDirectories(WORKSPACE);
    appliance.makeDirectories("/run/lock");
  }

  private void mountScratch(String device, String mountPoint, int mode) throws GuestfsException {
    appliance.makeFilesystem("ext4", device);
    appliance.mount(device, mountPoint);
    appliance.changeMode(mountPoint, mode);
  }

  @Override
  public String run(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    List<String> clean = new ArrayList<>(List.of("env", "--ignore-environment"));
    GuestEnvironment.VARIABLES.forEach((name, value) -> clean.add(name + "=" + value));
    clean.addAll(command);
    String output = orGuestException(() -> appliance.command(clean, timeLimit));
    output.lines().forEach(onLine);
    return output;
  }

  @Override
  public String install(List<String> command, Duration timeLimit, Consumer<String> onLine)
      throws GuestException {
    return run(command, timeLimit, onLine);
  }

  @Override
  public byte[] read(String path) throws GuestException {
    Path copy = directory.resolve("read");
    return onDisk(
        "reading " + path,
        () -> {
          appliance.download(path, copy, GuestFiles.MAX_READ_BYTES);
          return Files.readAllBytes(copy);
        });
  }

  @Override
  public void write(String path, byte[] content, int mode) throws GuestException {
    var _ =
        onDisk(
            "writing " + path,
            () -> {
              appliance.write(path, content);
              appliance.changeMode(path, mode);
              return true;
            });
  }

  @Override
  public boolean exists(String path) throws GuestException {
    return onDisk(
        "looking for " + path, () -> appliance.exists(path) || appliance.isSymbolicLink(path));
  }

  /**
   * Uses a disk, because an upload by messages costs the appliance processor time for each byte.
   */
  @Override
  public void upload(Path hostDirectory, String name) throws GuestException {
    if (uploads == handed.size()) {
      throw new IllegalStateException("no disk is left for " + name);
    }
    HandedDisk disk = handed.get(uploads);
    String device = "/dev/sd" + (char) (FIRST_HANDED + uploads);
    uploads++;
    boolean filled = orGuestException(() -> disk.fill(hostDirectory));
    String target = WORKSPACE + "/" + name;
    String mountPoint = WORKSPACE + "/." + name;
    var _ =
        onDisk(
            "handing files over",
            () -> {
              appliance.makeDirectories(target);
              if (filled) {
                appliance.makeDirectories(mountPoint);
                appliance.forgetCached(device);
                appliance.mountReadOnly(device, mountPoint);
              }
              return true;
            });
    if (filled) {
      run("sh", "-c", "ln -s \"$1\"/* \"$2\"", "sh", mountPoint + "/" + HandedDisk.FILES, target);
    }
  }

  @Override
  public boolean isEmulated() {
    return emulated;
  }

  @Override
  public void trim() throws GuestException {
    for (String mountPoint : mountPoints) {
      var _ =
          onDisk(
              "trimming " + mountPoint,
              () -> {
                appliance.trim(mountPoint);
                return true;
              });
    }
  }

  @Override
  public void abort() {
    appliance.abort();
    appliance.close();
  }

  @Override
  public void close() throws GuestException {
    try {
      var _ =
          onDisk(
              "the end of the appliance",
              () -> {
                appliance.unmountAll();
                appliance.shutdown();
                return true;
              });
    } finally {
      appliance.close();
      for (HandedDisk disk : handed) {
        var _ = orGuestException(() -> Files.deleteIfExists(disk.file()));
      }
    }
  }

  private <T> T onDisk(String what, Callable<T> call) throws GuestException {
    try (Guestfs.Limit _ = appliance.limit(DISK_WORK, what)) {
      return orGuestException(call);
    }
  }

  private static <T> T orGuestException(Callable<T> call) throws GuestException {
    try {
      return call.call();
    } catch (GuestException e) {
      throw e;
    } catch (Exception e) {
      throw new GuestException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
    }
  }
}
