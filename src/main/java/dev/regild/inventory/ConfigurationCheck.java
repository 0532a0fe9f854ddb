package dev.regild.inventory;

import dev.regild.inventory.ConfigurationFiles.ChangedFile;
import dev.regild.inventory.ConfigurationFiles.State;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Compares configuration files with the digests that a package manager has of them. There are some
 * hundred small ones, so it takes moments. What is past the limits is not compared.
 */
public final class ConfigurationCheck {
  /** A desktop has some 1,500. */
  public static final int MOST_FILES = 4000;

  private static final int LARGEST_FILE = 1 << 20;
  private static final long MOST_BYTES = 64L << 20;

  /** Characters; the paths are arguments of programs. */
  private static final int LONGEST_PATH = 250;

  /** What decoders put in the place of bytes that are no text. */
  private static final char REPLACEMENT = '\ufffd';

  /** Exits with 1 if a file is missing. */
  private static final String FIND =
      "find -L \"$@\" -maxdepth 0 -printf '%y %s %p\\n' 2>/dev/null || [ $? = 1 ]";

  /** Stands for the digest of a file that is there, but is not compared. */
  private static final String UNREAD = "";

  private final String algorithm;
  private final String program;
  private final GuestFiles guest;
  private long bytes;

  private ConfigurationCheck(String algorithm, String program, GuestFiles guest) {
    this.algorithm = algorithm;
    this.program = program;
    this.guest = guest;
  }

  /**
   * A configuration file as its package brought it.
   *
   * @param digest in hexadecimal
   */
  public record Expected(String path, String packageName, String digest) {
    /** Whether it is no option of a program, is one word in its output, and was UTF-8. */
    private boolean canBeNamed() {
      return path.startsWith("/")
          && path.length() <= LONGEST_PATH
          && path.chars()
              .noneMatch(
                  each -> each == '\\' || each == REPLACEMENT || Character.isISOControl(each));
    }
  }

  /** Compares files by MD5, which dpkg and old versions of rpm record. */
  public static ConfigurationFiles md5(List<Expected> all, GuestFiles guest) {
    return new ConfigurationCheck("MD5", "md5sum", guest).compare(all);
  }

  /** Compares files by SHA-256, which rpm records. */
  public static ConfigurationFiles sha256(List<Expected> all, GuestFiles guest) {
    return new ConfigurationCheck("SHA-256", "sha256sum", guest).compare(all);
  }

  /** A package that is there for two architectures brings a file twice, and it counts once. */
  private ConfigurationFiles compare(List<Expected> brought) {
    List<Expected> all = brought.stream().distinct().toList();
    List<Expected> wanted = all.stream().filter(Expected::canBeNamed).limit(MOST_FILES).toList();
    if (wanted.isEmpty()) {
      return ConfigurationFiles.notCompared(all.size());
    }
    try {
      List<String> paths = wanted.stream().map(Expected::path).distinct().toList();
      return compared(all.size(), wanted, guest.runsPrograms() ? byPrograms(paths) : read(paths));
    } catch (IOException e) {
      // The inventory is as good without, and whoever needs the guest hears of it again.
      return ConfigurationFiles.notCompared(all.size());
    }
  }

  /** Returns the digests of the files that are there. */
  private Map<String, String> byPrograms(List<String> paths) throws IOException {
    Map<String, String> digests = new HashMap<>();
    List<String> small = new ArrayList<>();
    for (String line : run(FIND, paths)) {
      String[] fields = line.split(" ", 3);
      if (fields.length == 3) {
        digests.put(fields[2], UNREAD);
        if (fields[0].equals("f") && fields[1].matches("[0-9]{1,9}") && fits(fields[1])) {
          small.add(fields[2]);
        }
      }
    }
    small.retainAll(Set.copyOf(paths));
    if (!small.isEmpty()) {
      for (String line : run(program + " -- \"$@\" 2>/dev/null || true", small)) {
        String[] fields = line.split("  ", 2);
        if (fields.length == 2) {
          digests.put(fields[1], fields[0]);
        }
      }
    }
    return digests;
  }

  private boolean fits(String size) {
    long length = Long.parseLong(size);
    bytes += length <= LARGEST_FILE ? length : 0;
    return length <= LARGEST_FILE && bytes <= MOST_BYTES;
  }

  private List<String> run(String script, List<String> paths) throws IOException {
    return guest
        .run(
            Stream.concat(Stream.of("sh", "-c", script, "sh"), paths.stream())
                .toArray(String[]::new))
        .lines()
        .toList();
  }

  /** The same where the guest's programs are not run. */
  private Map<String, String> read(List<String> paths) throws IOException {
    Map<String, String> digests = new HashMap<>();
    for (String path : paths) {
      Optional<byte[]> content =
          bytes > MOST_BYTES ? Optional.empty() : guest.small(path, LARGEST_FILE);
      if (content.isPresent()) {
        bytes += content.get().length;
        digests.put(path, digest(content.get()));
      } else if (guest.exists(path)) {
        digests.put(path, UNREAD);
      }
    }
    return digests;
  }

  private String digest(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }

  private static ConfigurationFiles compared(
      int files, List<Expected> wanted, Map<String, String> digests) {
    List<ChangedFile> changed = new ArrayList<>();
    int compared = 0;
    for (Expected each : wanted) {
      String digest = digests.get(each.path());
      if (digest == null) {
        compared++;
        changed.add(new ChangedFile(each.path(), each.packageName(), State.MISSING));
      } else if (!digest.equals(UNREAD)) {
        compared++;
        if (!digest.equals(each.digest().toLowerCase(Locale.ROOT))) {
          changed.add(new ChangedFile(each.path(), each.packageName(), State.CHANGED));
        }
      }
    }
    changed.sort(ConfigurationFiles.ORDER);
    return new ConfigurationFiles(files, compared, changed);
  }
}
