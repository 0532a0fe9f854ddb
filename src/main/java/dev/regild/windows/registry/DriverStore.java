package dev.regild.windows.registry;

import dev.regild.plan.WindowsFacts.Device;
import dev.regild.plan.WindowsFacts.Driver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The packages of drivers that were added to Windows, and the devices that it has seen. What came
 * with Windows is left out: that is the operating system's, and comes with its updates.
 */
final class DriverStore {
  /** The INF's name, the architecture and a hash: {@code netkvm.inf_amd64_805ee20efb26a964}. */
  private static final Pattern PACKAGE =
      Pattern.compile("(?i)(.+\\.inf)_(amd64|arm64|x86|arm)_[0-9a-f]+");

  /** Under this name an added package's INF is in {@code C:\Windows\INF}. */
  private static final Pattern ADDED = Pattern.compile("(?i)oem\\d+\\.inf");

  private DriverStore() {}

  /**
   * A package of a driver, as it is in the store.
   *
   * @param architecture {@code amd64}
   */
  record StoredDriver(Driver driver, String architecture) {}

  /** Every package that was added, by its INF, the oldest of each first. */
  static List<StoredDriver> drivers(WindowsRegistry registry) {
    Map<String, String> classes = classes(registry);
    List<StoredDriver> drivers = new ArrayList<>();
    Map<String, SortedSet<String>> ids = hardwareIds(registry.driverDatabases());
    for (RegistryKey database : registry.driverDatabases()) {
      for (RegistryKey key : database.subkeysOf("DriverPackages")) {
        Matcher name = PACKAGE.matcher(key.name());
        String published = key.text("").toLowerCase(Locale.ROOT);
        Optional<DriverVersion> version = DriverVersion.of(key.bytes("Version"));
        if (name.matches() && ADDED.matcher(published).matches() && version.isPresent()) {
          Driver driver =
              new Driver(
                  name.group(1).toLowerCase(Locale.ROOT),
                  key.text("Provider"),
                  classes.getOrDefault(version.get().classGuid(), ""),
                  version.get().version(),
                  List.copyOf(ids.getOrDefault(published, new TreeSet<>())));
          drivers.add(new StoredDriver(driver, name.group(2).toLowerCase(Locale.ROOT)));
        }
      }
    }
    drivers.sort(
        Comparator.comparing((StoredDriver each) -> each.driver().inf())
            .thenComparing(each -> each.driver().version(), WindowsVersion.ORDER));
    return drivers.stream().distinct().toList();
  }

  /** Every hardware and compatible id of the devices, in capitals and in order. */
  static List<String> devices(WindowsRegistry registry) {
    SortedSet<String> ids = new TreeSet<>();
    for (RegistryKey bus : registry.controlSet().subkeysOf("Enum")) {
      for (RegistryKey device : bus.subkeys()) {
        for (RegistryKey instance : device.subkeys()) {
          for (String list : List.of("HardwareID", "CompatibleIDs")) {
            instance.texts(list).forEach(id -> ids.add(id.toUpperCase(Locale.ROOT)));
          }
        }
      }
    }
    return List.copyOf(ids);
  }

  /** Each device with its ids as they stand, the most specific first; equal ones once. */
  static List<Device> hardware(WindowsRegistry registry) {
    Set<Device> devices = new LinkedHashSet<>();
    for (RegistryKey bus : registry.controlSet().subkeysOf("Enum")) {
      for (RegistryKey device : bus.subkeys()) {
        for (RegistryKey instance : device.subkeys()) {
          Device each = new Device(ids(instance, "HardwareID"), ids(instance, "CompatibleIDs"));
          if (!each.hardwareIds().isEmpty() || !each.compatibleIds().isEmpty()) {
            devices.add(each);
          }
        }
      }
    }
    return List.copyOf(devices);
  }

  private static List<String> ids(RegistryKey instance, String list) {
    return instance.texts(list).stream().map(id -> id.toUpperCase(Locale.ROOT)).distinct().toList();
  }

  /**
   * The ids that each added INF is for. Bus and device are two keys, an id without a bus is one;
   * the values of either are named as the INFs. A class of devices is there too, as {@code {GUID}}.
   */
  private static Map<String, SortedSet<String>> hardwareIds(List<RegistryKey> databases) {
    Map<String, SortedSet<String>> byInf = new HashMap<>();
    for (RegistryKey database : databases) {
      for (RegistryKey bus : database.subkeysOf("DeviceIds")) {
        String name = bus.name().toUpperCase(Locale.ROOT);
        if (!name.startsWith("{")) {
          add(name, bus, byInf);
        }
        for (RegistryKey device : bus.subkeys()) {
          add(name + "\\" + device.name().toUpperCase(Locale.ROOT), device, byInf);
        }
      }
    }
    return byInf;
  }

  private static void add(String id, RegistryKey device, Map<String, SortedSet<String>> byInf) {
    for (String inf : device.values().keySet()) {
      if (ADDED.matcher(inf).matches()) {
        byInf.computeIfAbsent(inf.toLowerCase(Locale.ROOT), _ -> new TreeSet<>()).add(id);
      }
    }
  }

  private static Map<String, String> classes(WindowsRegistry registry) {
    Map<String, String> names = new HashMap<>();
    for (RegistryKey key : registry.controlSet().subkeysOf("Control\\Class")) {
      names.put(key.name().toUpperCase(Locale.ROOT), key.text("Class"));
    }
    return names;
  }

  /**
   * What a package's {@code Version} says: after 8 bytes the class' GUID, the date and the version,
   * each of 16 and 8 and 8 bytes.
   *
   * @param classGuid {@code {4D36E972-E325-11CE-BFC1-08002BE10318}}
   * @param version as {@link WindowsVersion#ofDriver} has it
   */
  record DriverVersion(String classGuid, String version) {
    private static final int BYTES = 40;

    /** A FILETIME counts tenths of microseconds from the year 1601. */
    private static final long TICKS = 10_000_000;

    private static final long SECONDS_TO_1970 = 11_644_473_600L;

    static Optional<DriverVersion> of(byte[] bytes) {
      if (bytes.length < BYTES) {
        return Optional.empty();
      }
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      long low = Long.reverseBytes(buffer.getLong(16));
      String guid =
          "{%08X-%04X-%04X-%04X-%012X}"
              .formatted(
                  buffer.getInt(8),
                  buffer.getShort(12),
                  buffer.getShort(14),
                  low >>> 48,
                  low & 0xffffffffffffL);
      Instant date =
          Instant.ofEpochSecond(Long.divideUnsigned(buffer.getLong(24), TICKS) - SECONDS_TO_1970);
      String version =
          "%d.%d.%d.%d"
              .formatted(
                  buffer.getShort(38) & 0xffff,
                  buffer.getShort(36) & 0xffff,
                  buffer.getShort(34) & 0xffff,
                  buffer.getShort(32) & 0xffff);
      return Optional.of(
          new DriverVersion(
              guid,
              WindowsVersion.ofDriver(date.atZone(ZoneOffset.UTC).toLocalDate() + "", version)));
    }
  }
}
