package dev.regild.inventory;

import static java.util.stream.Collectors.joining;

import dev.regild.disk.UnfitDiskException;
import dev.regild.inventory.DiskLayout.Hardware;
import dev.regild.machine.Guestfs;
import dev.regild.machine.GuestfsException;
import dev.regild.plan.PlatformType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** How it is recognised and read what is installed on a disk. */
public interface InstalledSystem {
  /** Returns the operating systems that are installed in that way. */
  List<PlatformType> platforms();

  /**
   * Reads what is installed in a Linux.
   *
   * @param os one of its platforms
   * @throws UnfitDiskException if it can't be serviced; the message names the remedy
   */
  Inventory read(OperatingSystem os, GuestFiles files) throws IOException, UnfitDiskException;

  /**
   * What was read of a disk.
   *
   * @param hardware that its system can be started with
   */
  record Installed(Inventory inventory, Hardware hardware) {}

  /**
   * Reads a disk whose operating system is no Linux; nothing stays mounted.
   *
   * @param type in libguestfs' word: {@code windows}
   * @param root the device of its system, which is not mounted
   * @param directory for what is taken out
   * @return empty if it is of another system
   * @throws UnfitDiskException if it can't be serviced; the message names the remedy
   */
  default Optional<Installed> inspect(String type, Guestfs appliance, String root, Path directory)
      throws IOException, GuestfsException, UnfitDiskException {
    return Optional.empty();
  }

  /**
   * Says why no operating system is seen on a disk.
   *
   * @param filesystem that libguestfs sees on a device
   * @return empty if it is not for that
   */
  default Optional<String> whyClosed(String filesystem, String device) {
    return Optional.empty();
  }

  /** Returns every product of theirs, for messages. */
  static String products(Collection<? extends InstalledSystem> systems) {
    return systems.stream()
        .flatMap(system -> system.platforms().stream())
        .map(PlatformType::product)
        .collect(joining(", "));
  }
}
