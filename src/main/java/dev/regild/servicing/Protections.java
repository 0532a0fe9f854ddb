package dev.regild.servicing;

import java.nio.file.Path;
import java.util.List;

/**
 * What stands between the programs of a guest and the host in the isolation {@code namespace},
 * besides namespaces and capabilities.
 *
 * @param held what this host gives, in words
 * @param missing what it does not give, and why
 */
public record Protections(List<String> held, List<String> missing) {
  public Protections {
    held = List.copyOf(held);
    missing = List.copyOf(missing);
  }

  /**
   * Asks this host, without a guest. Whether a disk's file systems can be mapped to other ids shows
   * only when one is opened.
   *
   * @param directory empty, and ours
   * @throws GuestException if no guest could be opened at all, with the remedy
   */
  public static Protections ofThisHost(Path directory) throws GuestException {
    DiskHolder holder = DiskHolder.start(directory);
    try {
      return holder.protections();
    } finally {
      holder.abort();
    }
  }
}
