package dev.regild.windows.registry;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.DiskLayout.Hardware;
import dev.regild.inventory.InstalledSystem.Installed;
import dev.regild.inventory.Inventory;
import dev.regild.inventory.InventoryReader;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a Windows that an appliance has opened. The hives are taken out of it and read here, since
 * they are large; what is on the volume is never mounted for writing.
 */
public final class WindowsReader {
  /** The device of a TPM 2.0. */
  private static final String TPM = "Enum\\ACPI\\MSFT0101";

  private final Guestfs appliance;
  private final String root;
  private final Path directory;

  /** What is mounted; an error of the unmounting is added to the one that led to it. */
  @FunctionalInterface
  private interface Mounted extends AutoCloseable {
    @Override
    void close() throws GuestfsException;
  }

  /**
   * A reader.
   *
   * @param root its device, which is not mounted yet
   * @param directory for what is taken out
   */
  public WindowsReader(Guestfs appliance, String root, Path directory) {
    this.appliance = appliance;
    this.root = root;
    this.directory = directory;
  }

  /**
   * Reads it; nothing stays mounted.
   *
   * @throws UnfitDiskException if it can't be serviced; the message names the remedy
   */
  public Installed read() throws IOException, GuestfsException, UnfitDiskException {
    WindowsFitness.requireNoBitLocker(appliance);
    WindowsFitness.requireCleanVolume(appliance, root);
    appliance.mountReadOnly(root, "/");
    try (Mounted _ = appliance::unmountAll) {
      return readMounted();
    } catch (DamagedHiveException e) {
      throw new UnfitDiskException(
          "Cannot read the registry of this Windows: "
              + e.getMessage()
              + ". Start Windows, check that all is well, shut it down with \"shutdown /s /t 0\","
              + " and upload the disk again.",
          e);
    }
  }

  private Installed readMounted() throws IOException, GuestfsException, UnfitDiskException {
    String windows = appliance.inspectWindowsDirectory(root);
    WindowsRegistry registry =
        WindowsRegistry.of(
            required(windows, "SOFTWARE"), required(windows, "SYSTEM"), hive(windows, "DRIVERS"));
    boolean changesAreQueued = find(windows, "WinSxS", PendingRestart.QUEUE).isPresent();
    Inventory inventory = WindowsInventory.read(registry, changesAreQueued);
    InventoryReader.requireArchitecture(inventory.architecture());
    WindowsFitness.requireAgent(registry);
    return new Installed(inventory, hardware(registry));
  }

  private static Hardware hardware(WindowsRegistry registry) throws UnfitDiskException {
    return new Hardware(
        WindowsFitness.bootBus(registry), registry.controlSet().find(TPM).isPresent());
  }

  private RegistryHive required(String windows, String name) throws IOException, GuestfsException {
    return hive(windows, name)
        .orElseThrow(() -> new DamagedHiveException("the registry hive " + name + " is missing"));
  }

  private Optional<RegistryHive> hive(String windows, String name)
      throws IOException, GuestfsException {
    Optional<Path> copy = copy(windows, name);
    List<Path> copies = new ArrayList<>(copy.stream().toList());
    try {
      if (copy.isEmpty()) {
        return Optional.empty();
      }
      for (String log : List.of(".LOG1", ".LOG2")) {
        copy(windows, name + log).ifPresent(copies::add);
      }
      RegistryLog.apply(name, copy.get(), copies.subList(1, copies.size()));
      return Optional.of(RegistryHive.open(name, copy.get())); // maps it: the file may go
    } finally {
      for (Path each : copies) {
        Files.delete(each);
      }
    }
  }

  private Optional<Path> copy(String windows, String name) throws IOException, GuestfsException {
    Optional<String> path = find(windows, "System32", "config", name);
    if (path.isEmpty()) {
      return Optional.empty();
    }
    if (appliance.fileSize(path.get()) > RegistryHive.LARGEST) {
      throw new DamagedHiveException("the registry hive " + name + " is larger than 1 GiB");
    }
    Path copy = Files.createTempFile(directory, name, ".hive");
    appliance.download(path.get(), copy, RegistryHive.LARGEST);
    return Optional.of(copy);
  }

  /**
   * A file; empty if there is none. NTFS keeps the case of names, and Windows does not care for it.
   */
  private Optional<String> find(String above, String... names) throws GuestfsException {
    String path = above;
    for (String name : names) {
      // Of what is missing it keeps the case, as long as the directory above is there.
      path = appliance.exactPath(path + "/" + name);
      if (!appliance.exists(path)) {
        return Optional.empty();
      }
    }
    return appliance.isFile(path) ? Optional.of(path) : Optional.empty();
  }
}
