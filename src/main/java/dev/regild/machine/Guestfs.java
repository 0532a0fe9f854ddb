package dev.regild.machine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A libguestfs appliance: a small virtual machine that opens an untrusted disk, so that the host's
 * kernel parses nothing on it. The appliance is not trusted either: every answer has a limit, and a
 * longer one is a GuestfsException. Each method is the function of its name in guestfs(3) ({@link
 * #readFile} is {@code guestfs_read_file}).
 *
 * <p>Add drives, then launch, then call everything else. Calls are serialised, block their carrier
 * thread, and throw {@link GuestfsException} with libguestfs' message. {@link #abort} may come from
 * any thread and ends the running call. {@link #close} waits for a running call, and may be called
 * twice. The appliance has no network, and ends within two seconds of our process.
 */
public final class Guestfs implements AutoCloseable {
  /** What an inspection says where the disk doesn't tell. */
  public static final String UNKNOWN = "unknown";

  /** In bytes; libguestfs carries up to 4 MiB in one message. */
  static final int MOST_AT_ONCE = 2 << 20;

  private static final Duration OVERLAY = Duration.ofSeconds(60);
  private static final Program.Limits FOR_OVERLAYS =
      new Program.Limits(1L << 30, Duration.ofSeconds(30), OptionalLong.of(1L << 30));

  private final GuestfsHandle handle;
  private final ApplianceSandbox sandbox;
  private int memoryMiB;
  private int overlays;
  private @Nullable Limit freeSpace;

  /**
   * One partition of a partition table.
   *
   * @param number counted from 1
   * @param start bytes from the start of the disk
   * @param size in bytes
   */
  public record Partition(int number, long start, long size) {}

  /** A limit of time. */
  @FunctionalInterface
  public interface Limit extends AutoCloseable {
    @Override
    void close();
  }

  private Guestfs(GuestfsHandle handle, ApplianceSandbox sandbox) {
    this.handle = handle;
    this.sandbox = sandbox;
  }

  /**
   * A new appliance, not yet launched, with 768 MiB of memory and one processor.
   *
   * @param temporaryDirectory must exist; what the appliance writes beside its disks goes there
   * @throws GuestfsException if libguestfs is not installed
   */
  public static Guestfs create(Accelerator accelerator, Path temporaryDirectory)
      throws GuestfsException {
    GuestfsHandle handle = new GuestfsHandle(temporaryDirectory);
    try {
      Guestfs guestfs =
          new Guestfs(
              handle,
              new ApplianceSandbox(
                  handle.directory(), handle.launcher(), images(handle), accelerator));
      guestfs.set(accelerator);
      return guestfs;
    } catch (GuestfsException e) {
      handle.close();
      throw e;
    }
  }

  /** Where the appliance's kernel and root lie: in a cache that libguestfs fills, or ready-made. */
  private static List<Path> images(GuestfsHandle handle) throws GuestfsException {
    try {
      String cache = handle.string("guestfs_get_cachedir");
      Object user = Files.getAttribute(handle.directory(), "unix:uid");
      List<Path> places = new ArrayList<>(List.of(Path.of(cache, ".guestfs-" + user)));
      String readyMade = System.getenv().getOrDefault("LIBGUESTFS_PATH", "");
      Stream.of(readyMade.split(":", -1))
          .filter(path -> path.startsWith("/"))
          .map(Path::of)
          .forEach(places::add);
      return places;
    } catch (IOException e) {
      throw new GuestfsException("cannot find the appliance's cache: " + e.getMessage(), e);
    }
  }

  private void set(Accelerator accelerator) throws GuestfsException {
    handle.status("guestfs_set_backend", "direct");
    handle.status("guestfs_set_network", 0);
    // guestfs(3), BACKEND SETTINGS. Without either, a KVM that does not work is tried first.
    handle.status(
        "guestfs_set_backend_setting",
        switch (accelerator) {
          case KVM -> "force_kvm";
          case TCG -> "force_tcg";
        },
        "1");
    setMemoryMiB(768);
  }

  /**
   * The version of the library.
   *
   * @throws GuestfsException if libguestfs is not installed
   */
  public static String version() throws GuestfsException {
    GuestfsHandle handle = new GuestfsHandle(Path.of(System.getProperty("java.io.tmpdir")));
    try {
      return handle.take(GuestfsStructs::takeVersion, "guestfs_version");
    } finally {
      handle.close();
    }
  }

  /**
   * How appliances are started, after what we set: {@code direct}, by QEMU itself.
   *
   * @throws GuestfsException if libguestfs is not installed
   */
  public static String backend() throws GuestfsException {
    try (Guestfs guestfs = create(Accelerator.TCG, Path.of(System.getProperty("java.io.tmpdir")))) {
      return guestfs.handle.string("guestfs_get_backend");
    }
  }

  public void setMemoryMiB(int memoryMiB) throws GuestfsException {
    handle.status("guestfs_set_memsize", memoryMiB);
    this.memoryMiB = memoryMiB;
  }

  public void setCpus(int cpus) throws GuestfsException {
    handle.status("guestfs_set_smp", cpus);
  }

  /**
   * Makes the appliance's kernel load programs and libraries at the same addresses in each process.
   * QEMU's emulation caches translated code by its address, and would otherwise translate it again
   * for each process. Use it only for an appliance in which the disk's own programs run as root:
   * there, random addresses protect nothing.
   */
  public void setSameAddresses() throws GuestfsException {
    String append = System.getenv().getOrDefault("LIBGUESTFS_APPEND", "");
    handle.status("guestfs_set_append", (append + " norandmaps").strip());
  }

  /**
   * As {@link #addDrive(Path, List, String, boolean, int)}, of a disk that stands on nothing and
   * has sectors of 512 bytes.
   */
  public void addDrive(Path disk, String format, boolean readOnly) throws GuestfsException {
    addDrive(disk, List.of(), format, readOnly, 512);
  }

  /**
   * Adds a disk, as {@code /dev/sda}, {@code /dev/sdb} and so on. Blocks that the guest discards
   * are given back to the file. What the guest writes is in the file when the appliance has ended,
   * but is not forced to the host's disk. A caller that keeps the file does that, or starts over
   * after a crash.
   *
   * @param bases what the disk stands on; the appliance's QEMU can open no other file
   * @param format QEMU's name of the format, never probed
   * @param readOnly whether what is written is thrown away
   * @param sectorBytes of the disk: 512 or 4096
   */
  public void addDrive(
      Path disk, List<Path> bases, String format, boolean readOnly, int sectorBytes)
      throws GuestfsException {
    sandbox.addReadable(bases);
    if (readOnly) {
      sandbox.addReadable(List.of(disk));
      add(overlay(disk, bases, format), "qcow2", sectorBytes);
    } else {
      sandbox.addWritable(disk);
      add(disk, format, sectorBytes);
    }
  }

  private void add(Path disk, String format, int sectorBytes) throws GuestfsException {
    try (Arena arena = Arena.ofConfined()) {
      handle.status(
          "guestfs_add_drive_opts_argv",
          disk.toAbsolutePath().toString(),
          GuestfsStructs.addDrive(arena, format, false, sectorBytes));
    }
  }

  /** libguestfs would make one too, with a qemu-img that sees the whole host. */
  private Path overlay(Path disk, List<Path> bases, String format) throws GuestfsException {
    Path overlay = handle.directory().resolve("overlay-" + overlays++ + ".qcow2");
    List<Path> readable = new ArrayList<>(bases);
    readable.add(disk);
    try {
      Files.createFile(overlay);
      var _ =
          Program.of(
                  "qemu-img",
                  "create",
                  "-q",
                  "-f",
                  "qcow2",
                  "-F",
                  format,
                  "-b",
                  disk.toAbsolutePath().toString(),
                  overlay.toString())
              .within(OVERLAY)
              .limitedTo(FOR_OVERLAYS)
              .in(Sandbox.reading(readable).writing(overlay))
              .run();
      return overlay;
    } catch (IOException | ProgramException e) {
      throw new GuestfsException("cannot open the disk: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GuestfsException("interrupted while opening the disk", e);
    }
  }

  /** Adds an empty disk that is gone with the appliance; it takes only the room that is used. */
  public void addScratchDrive(long bytes) throws GuestfsException {
    try (Arena arena = Arena.ofConfined()) {
      handle.status("guestfs_add_drive_scratch_argv", bytes, GuestfsStructs.noOptions(arena));
    }
  }

  /**
   * Starts the appliance.
   *
   * @param limit after which it is given up. The first launch of all builds the appliance's image,
   *     which takes up to a minute more
   */
  public void launch(Duration limit) throws GuestfsException {
    try {
      handle.status("guestfs_set_hv", sandbox.write(memoryMiB).toString());
      freeSpace = handle.keepFree(sandbox.room());
    } catch (IOException | ProgramException e) {
      throw new GuestfsException("cannot start the appliance: " + e.getMessage(), e);
    }
    String reason =
        "the appliance did not start within %d s; raise appliance.start-limit"
            .formatted(limit.toSeconds());
    try (Limit _ = handle.abortAfter(limit, reason)) {
      handle.status("guestfs_launch");
    }
  }

  /**
   * Limits all that is done until the limit is closed: the appliance is aborted when its time is
   * up. What an untrusted filesystem makes the appliance do may never end.
   *
   * @param what is done, for the message
   */
  public Limit limit(Duration time, String what) {
    return handle.limit(time, what);
  }

  /** The process of the appliance's QEMU. */
  public long pid() throws GuestfsException {
    return handle.number("guestfs_get_pid");
  }

  /**
   * Looks for operating systems.
   *
   * @return the device of the root filesystem of each, which the other inspections take; empty if
   *     there is none. A disk with an encrypted root has none
   */
  public List<String> inspectOs() throws GuestfsException {
    return handle.strings("guestfs_inspect_os");
  }

  /** {@code linux}, {@code windows}, {@code freebsd}… or {@value #UNKNOWN}. */
  public String inspectType(String root) throws GuestfsException {
    return handle.string("guestfs_inspect_get_type", root);
  }

  /** As the system names itself, for people to read. */
  public String inspectProductName(String root) throws GuestfsException {
    return handle.string("guestfs_inspect_get_product_name", root);
  }

  /** Of Windows: its directory, as the disk has it, {@code /Windows}. */
  public String inspectWindowsDirectory(String root) throws GuestfsException {
    return handle.string("guestfs_inspect_get_windows_systemroot", root);
  }

  /** The processor architecture in libguestfs' word, {@code x86_64}; or {@value #UNKNOWN}. */
  public String inspectArchitecture(String root) throws GuestfsException {
    return handle.string("guestfs_inspect_get_arch", root);
  }

  /** Where the system mounts what: mount point to device, the shorter mount points first. */
  public Map<String, String> inspectMountPoints(String root) throws GuestfsException {
    Map<String, String> found = pairs("guestfs_inspect_get_mountpoints", root);
    Map<String, String> ordered = new LinkedHashMap<>();
    found.keySet().stream()
        .sorted((a, b) -> a.length() != b.length() ? a.length() - b.length() : a.compareTo(b))
        .forEach(mountPoint -> ordered.put(mountPoint, found.getOrDefault(mountPoint, "")));
    return ordered;
  }

  /**
   * Every device that may hold a filesystem, with its type: {@code ext4}, {@code swap}, {@code
   * crypto_LUKS}, {@code unknown}.
   */
  public Map<String, String> listFilesystems() throws GuestfsException {
    return pairs("guestfs_list_filesystems");
  }

  /** The added disks, in their order. */
  public List<String> listDevices() throws GuestfsException {
    return handle.strings("guestfs_list_devices");
  }

  public List<String> listPartitions() throws GuestfsException {
    return handle.strings("guestfs_list_partitions");
  }

  /** LVM's logical volumes, by names such as {@code /dev/vg/root}. */
  public List<String> listLogicalVolumes() throws GuestfsException {
    return handle.strings("guestfs_lvs");
  }

  /** The path of the subvolume that {@code btrfsvol:/dev/sda1/@rootfs} is. */
  public String subvolume(String mountable) throws GuestfsException {
    return handle.string("guestfs_mountable_subvolume", mountable);
  }

  /** The partitions of a disk, in the order of its table. */
  public List<Partition> partitions(String device) throws GuestfsException {
    return handle.take(GuestfsStructs::takePartitions, "guestfs_part_list", device);
  }

  /** {@code gpt}, {@code msdos}… */
  public String partitionTableType(String device) throws GuestfsException {
    return handle.string("guestfs_part_get_parttype", device);
  }

  /** The GUID that says what a GPT partition is for, in upper case. */
  public String gptType(String device, int partition) throws GuestfsException {
    return handle.string("guestfs_part_get_gpt_type", device, partition);
  }

  /** A GPT partition's own GUID, in upper case. */
  public String gptGuid(String device, int partition) throws GuestfsException {
    return handle.string("guestfs_part_get_gpt_guid", device, partition);
  }

  /** {@code /dev/sda2} gives 2. */
  public int partitionNumber(String partition) throws GuestfsException {
    return handle.number("guestfs_part_to_partnum", partition);
  }

  /** {@code /dev/sda2} gives {@code /dev/sda}. */
  public String deviceOf(String partition) throws GuestfsException {
    return handle.string("guestfs_part_to_dev", partition);
  }

  /** In bytes. */
  public long deviceSize(String device) throws GuestfsException {
    return handle.size("guestfs_blockdev_getsize64", device);
  }

  /** Whether the device is a logical volume of LVM. */
  public boolean isLogicalVolume(String device) throws GuestfsException {
    return handle.truth("guestfs_is_lv", device);
  }

  /** Makes a partition table with one partition over the whole disk. */
  public void partition(String device, String tableType) throws GuestfsException {
    handle.status("guestfs_part_disk", device, tableType);
  }

  public void makeFilesystem(String type, String device) throws GuestfsException {
    handle.status("guestfs_mkfs", type, device);
  }

  /** {@code ext4}, {@code vfat}, {@code crypto_LUKS}; empty if there is nothing known. */
  public String filesystemType(String device) throws GuestfsException {
    return handle.string("guestfs_vfs_type", device);
  }

  /** Empty where there is none. */
  public String filesystemUuid(String device) throws GuestfsException {
    return handle.string("guestfs_vfs_uuid", device);
  }

  /** Empty where there is none. */
  public String filesystemLabel(String device) throws GuestfsException {
    return handle.string("guestfs_vfs_label", device);
  }

  /**
   * Whether an NTFS could be mounted for writing, as {@code ntfs-3g.probe} says: 0, or one of its
   * exit statuses.
   */
  public int probeNtfs(String device) throws GuestfsException {
    return handle.number("guestfs_ntfs_3g_probe", 1, device);
  }

  public void mount(String device, String mountPoint) throws GuestfsException {
    handle.status("guestfs_mount", device, mountPoint);
  }

  public void mountReadOnly(String device, String mountPoint) throws GuestfsException {
    handle.status("guestfs_mount_ro", device, mountPoint);
  }

  /** Mounts with the options that mount(8) takes after {@code -o}. */
  public void mount(String device, String mountPoint, String options) throws GuestfsException {
    handle.status("guestfs_mount_options", options, device, mountPoint);
  }

  /** Makes the appliance read a device again, after the host has changed its content. */
  public void forgetCached(String device) throws GuestfsException {
    handle.status("guestfs_blockdev_flushbufs", device);
  }

  public void unmountAll() throws GuestfsException {
    handle.status("guestfs_umount_all");
  }

  /** Whether it is a regular file; a symbolic link is not. */
  public boolean isFile(String path) throws GuestfsException {
    return handle.truth("guestfs_is_file", path);
  }

  /** Whether it is a directory; a symbolic link is not. */
  public boolean isDirectory(String path) throws GuestfsException {
    return handle.truth("guestfs_is_dir", path);
  }

  public boolean isSymbolicLink(String path) throws GuestfsException {
    return handle.truth("guestfs_is_symlink", path);
  }

  /** Whether there is anything; a dangling symbolic link does not count. */
  public boolean exists(String path) throws GuestfsException {
    return handle.truth("guestfs_exists", path);
  }

  /** In bytes. */
  public long fileSize(String path) throws GuestfsException {
    return handle.size("guestfs_filesize", path);
  }

  /**
   * The path as it is written on the disk, for one whose letters may be of the other case; it must
   * be there.
   */
  public String exactPath(String path) throws GuestfsException {
    return handle.string("guestfs_case_sensitive_path", path);
  }

  /**
   * The content of a small file; symbolic links are followed, inside the appliance only.
   *
   * @throws GuestfsException if it is not a regular file, or has more than {@value #MOST_AT_ONCE}
   *     bytes
   */
  public byte[] readFile(String path) throws GuestfsException {
    String real = requireFile(path, MOST_AT_ONCE);
    byte[] content = read("guestfs_pread", real, MOST_AT_ONCE, 0);
    if (content.length == MOST_AT_ONCE && read("guestfs_pread", real, 1, MOST_AT_ONCE).length > 0) {
      throw tooLarge(path, MOST_AT_ONCE);
    }
    return content;
  }

  /** What lies on a device; less than asked for where it ends. */
  public byte[] readDevice(String device, int bytes, long offset) throws GuestfsException {
    return read("guestfs_pread_device", device, bytes, offset);
  }

  private byte[] read(String function, String place, int bytes, long offset)
      throws GuestfsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(JAVA_LONG);
      return handle.take(
          pointer -> GuestfsLibrary.takeBytes(pointer, size.get(JAVA_LONG, 0), bytes),
          function,
          place,
          bytes,
          offset,
          size);
    }
  }

  public void write(String path, byte[] content) throws GuestfsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(JAVA_BYTE, content);
      handle.status("guestfs_write", path, bytes, (long) content.length);
    }
  }

  /** Makes the directory and those above it that are missing. */
  public void makeDirectories(String path) throws GuestfsException {
    handle.status("guestfs_mkdir_p", path);
  }

  public void changeMode(String path, int mode) throws GuestfsException {
    handle.status("guestfs_chmod", mode, path);
  }

  /** Removes a file or a whole directory. Does nothing if it does not exist. */
  public void removeTree(String path) throws GuestfsException {
    handle.status("guestfs_rm_rf", path);
  }

  /** Removes a file. Does nothing if it does not exist. */
  public void removeFile(String path) throws GuestfsException {
    handle.status("guestfs_rm_f", path);
  }

  public void upload(Path file, String path) throws GuestfsException {
    handle.status("guestfs_upload", file.toAbsolutePath().toString(), path);
  }

  /**
   * Copies a file out; symbolic links are followed, inside the appliance only. Its bytes are asked
   * for one part after the other and counted as they come: guestfs_download would write for as long
   * as the appliance sends.
   *
   * @param file is there then, with what came before an error
   * @throws GuestfsException if it is not a regular file, or larger: a file of a terabyte takes no
   *     room on the disk that has it. Also if {@code file} can't be written
   */
  public void download(String path, Path file, long maxBytes) throws GuestfsException {
    String real = requireFile(path, maxBytes);
    try (OutputStream out = Files.newOutputStream(file)) {
      long received = 0;
      byte[] part;
      do {
        part = read("guestfs_pread", real, MOST_AT_ONCE, received);
        received += part.length;
        if (received > maxBytes) {
          throw tooLarge(path, maxBytes);
        }
        out.write(part);
      } while (part.length == MOST_AT_ONCE);
    } catch (IOException e) {
      throw new GuestfsException(
          "cannot copy %s to %s (%s); free some space there".formatted(path, file, e.getMessage()),
          e);
    }
  }

  /** The path without links; what it tells of the size is not believed when the file is read. */
  private String requireFile(String path, long maxBytes) throws GuestfsException {
    String real = handle.string("guestfs_realpath", path);
    if (!isFile(real)) {
      throw new GuestfsException(path + " is not a regular file");
    }
    long size = fileSize(real);
    if (size > maxBytes) {
      throw new GuestfsException(
          "%s has %d bytes; the limit is %d".formatted(path, size, maxBytes));
    }
    return real;
  }

  private static GuestfsException tooLarge(String path, long maxBytes) {
    return new GuestfsException(
        "%s has more bytes than its size says; the limit is %d".formatted(path, maxBytes));
  }

  /** Unpacks an uncompressed tar file into an existing directory. */
  public void unpack(Path tar, String directory) throws GuestfsException {
    handle.status("guestfs_tar_in", tar.toAbsolutePath().toString(), directory);
  }

  /**
   * Runs a program of the mounted system, with its root as root and {@code /dev}, {@code /proc} and
   * {@code /sys} in place. libguestfs can't carry more than about 4 MiB of output.
   *
   * @param limit after which the whole appliance is aborted, since libguestfs can't end a program
   * @return its standard output
   * @throws GuestfsException if it ended with another status than 0; the message holds its standard
   *     error
   */
  public String command(List<String> command, Duration limit) throws GuestfsException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment arguments = GuestfsLibrary.strings(arena, command);
      return handle.within(
          limit, command.getFirst(), () -> handle.text("guestfs_command", arguments));
    }
  }

  /** Gives the free blocks of a mounted filesystem back to the disk's file. */
  public void trim(String mountPoint) throws GuestfsException {
    try (Arena arena = Arena.ofConfined()) {
      handle.status("guestfs_fstrim_argv", mountPoint, GuestfsStructs.noOptions(arena));
    }
  }

  public void sync() throws GuestfsException {
    handle.status("guestfs_sync");
  }

  /**
   * Ends the appliance; an error says that something which was written may not be on the disk. Only
   * {@link #close} is left to be called then.
   */
  public void shutdown() throws GuestfsException {
    handle.status("guestfs_shutdown");
  }

  /** Ends the call under way, and every later one, with a GuestfsException. */
  public void abort() {
    handle.abort("the appliance was told to stop");
  }

  @Override
  public void close() {
    Limit watch = freeSpace;
    if (watch != null) {
      watch.close();
    }
    handle.close();
  }

  private Map<String, String> pairs(String function, Object... arguments) throws GuestfsException {
    List<String> list = handle.strings(function, arguments);
    Map<String, String> pairs = new LinkedHashMap<>();
    for (int i = 0; i + 1 < list.size(); i += 2) {
      pairs.put(list.get(i), list.get(i + 1));
    }
    return pairs;
  }
}
