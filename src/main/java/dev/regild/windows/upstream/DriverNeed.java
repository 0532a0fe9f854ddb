package dev.regild.windows.upstream;

import dev.regild.channel.ImageInventories;
import dev.regild.plan.WindowsFacts.Device;
import dev.regild.plan.WindowsFacts.Driver;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What images need of drivers: their devices, what drives these, and on which computers.
 *
 * @param devices of an image
 * @param drivers that were added to it
 * @param computers the hardware ids of those that it has started on
 */
record DriverNeed(List<Device> devices, List<Driver> drivers, Set<String> computers) {
  /** Images of one build have the same; a fleet has a few hundred. */
  private static final int MOST = 5_000;

  /** Ten times what the richest computers have. */
  private static final int MOST_IDS = 20_000;

  /** What Windows takes for an id; an image may have anything there. */
  private static final Pattern ID = Pattern.compile("[!-~&&[^,]]{1,200}");

  private static final Pattern COMPUTER =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  DriverNeed {
    devices = List.copyOf(devices);
    drivers = List.copyOf(drivers);
    computers = Set.copyOf(computers);
  }

  /** Returns the distinct needs of a platform's images. */
  static Set<DriverNeed> of(ImageInventories images, String platform) {
    Set<DriverNeed> needs = new LinkedHashSet<>();
    images.each(
        platform,
        inventory ->
            inventory
                .windows()
                .filter(_ -> needs.size() < MOST)
                .ifPresent(facts ->
                    needs.add(
                        new DriverNeed(
                            facts.eachDevice(), facts.drivers(), Set.copyOf(facts.computers())))));
    return needs;
  }

  /** Returns the ids of all devices, in order; lacks what a bus can't have given a device. */
  static List<String> ids(Collection<DriverNeed> needs) {
    Set<String> ids = new TreeSet<>();
    for (DriverNeed need : needs) {
      for (Device device : need.devices()) {
        ids.addAll(device.hardwareIds());
        ids.addAll(device.compatibleIds());
      }
    }
    return ids.stream().filter(ID.asMatchPredicate()).limit(MOST_IDS).toList();
  }

  /** Returns the ids of all computers, in order. */
  static List<String> computers(Collection<DriverNeed> needs) {
    return needs.stream()
        .flatMap(each -> each.computers().stream())
        .filter(COMPUTER.asMatchPredicate())
        .distinct()
        .sorted()
        .limit(MOST_IDS)
        .toList();
  }
}
