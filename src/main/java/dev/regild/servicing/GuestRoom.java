package dev.regild.servicing;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Whether an update has room on the guest's file systems. It is asked before anything is installed:
 * package managers notice when they are half through.
 */
record GuestRoom(Guest guest) {
  private static final String SCRIPT = "room.sh";
  private static final Duration LIMIT = Duration.ofMinutes(5);

  /** The databases of the package manager, which are rewritten beside the old ones. */
  private static final long DATABASES = 4L << 20;

  /** CAP_SYS_RESOURCE (capability.h): who has it may use what ext4 reserves. */
  private static final int MAY_USE_RESERVED = 24;

  /**
   * What an update takes.
   *
   * @param bytes that its packages' files take more than those that they replace; may be negative
   * @param kernel whether it brings a kernel, whose initial RAM disk is in no package
   * @param upgraded the names of the packages that it replaces
   */
  record Need(long bytes, boolean kernel, List<String> upgraded) {}

  /**
   * Requires that there is room.
   *
   * @throws GuestException if a file system of the image is too full; the message has both sizes
   */
  void require(Need need) throws GuestException {
    List<String> command =
        new ArrayList<>(List.of("sh", guest.hand(SCRIPT, Resources.read(SCRIPT))));
    command.addAll(need.upgraded);
    Said said = Said.read(guest.run(command, LIMIT, line -> {}));
    if (said.places.size() != 2) {
      return; // a system whose stat(1) does not tell; its package manager will
    }
    Place packages = said.places.getFirst();
    Place boot = said.places.getLast();
    long bytes = Math.max(0, need.bytes) + said.largestPackage + DATABASES;
    long files = said.mostFiles + (need.kernel ? said.kernelFiles : 0);
    long bootBytes = need.kernel ? said.bootBytes : 0;
    boolean apart = !packages.mount.equals(boot.mount);
    packages.require(bytes + (apart ? 0 : bootBytes), files);
    if (apart) {
      boot.require(bootBytes, 0);
    }
  }

  /** A file system, as it is before the update. */
  private record Place(String mount, long free, boolean countsFiles, long freeFiles) {
    void require(long bytes, long files) throws GuestException {
      if (free < bytes) {
        throw new GuestException(
            "%s of the image is full: %d MiB needed, %d MiB free"
                .formatted(mount, (bytes + (1 << 20) - 1) >> 20, free >> 20));
      }
      if (countsFiles && freeFiles < files) {
        throw new GuestException(
            "%s of the image is full: %d inodes needed, %d free"
                .formatted(mount, files, freeFiles));
      }
    }
  }

  /** What the script said. It is a guest's word: nothing but numbers in bounds is read. */
  private static final class Said {
    private final List<Place> places = new ArrayList<>();
    private boolean reserved;
    private long bootBytes;
    private long kernelFiles;
    private long mostFiles;
    private long largestPackage;

    static Said read(String output) {
      Said said = new Said();
      output.lines().forEach(said::line);
      return said;
    }

    private void line(String line) {
      String[] words = line.split(" ", -1);
      switch (words[0] + words.length) {
        case "caps2" -> reserved = words[1].matches("[0-9a-f]{1,16}") && mayUseReserved(words[1]);
        case "place7" -> place(words).ifPresent(places::add);
        case "boot2" -> bootBytes += number(words[1]);
        case "kernel-files2" -> kernelFiles = number(words[1]);
        case "files2" -> mostFiles = Math.max(mostFiles, number(words[1]));
        case "kib2" -> largestPackage = Math.max(largestPackage, number(words[1]) << 10);
        default -> {
          // What the guest's shell prints at its start.
        }
      }
    }

    private static boolean mayUseReserved(String capabilities) {
      return new BigInteger(capabilities, 16).testBit(MAY_USE_RESERVED);
    }

    /** btrfs has no number of inodes: it makes them as they are needed. */
    private Optional<Place> place(String[] words) {
      for (int i = 2; i < words.length; i++) {
        if (!words[i].matches("\\d{1,15}")) {
          return Optional.empty();
        }
      }
      BigInteger free = new BigInteger(words[2]).multiply(new BigInteger(words[reserved ? 4 : 3]));
      return Optional.of(
          new Place(
              words[1],
              free.min(BigInteger.valueOf(Long.MAX_VALUE)).longValueExact(),
              number(words[5]) > 0,
              number(words[6])));
    }

    /** Of bytes or files, up to a terabyte; else none. */
    private static long number(String word) {
      return word.matches("\\d{1,12}") ? Long.parseLong(word) : 0;
    }
  }
}
