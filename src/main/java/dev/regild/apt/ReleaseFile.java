package dev.regild.apt;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.fetch.FetchException;
import dev.regild.files.FileDigest;
import dev.regild.files.StrongHash;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The verified content of a repository's Release file (wiki.debian.org/DebianRepository/Format).
 *
 * @param fields by name in small letters, SHA256 and the other lists left out
 * @param indexes the files that it vouches for, by their path below the suite
 */
record ReleaseFile(Map<String, String> fields, Map<String, FileDigest> indexes) {
  /** How far ahead of ours a repository's clock may be. */
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);

  static ReleaseFile parse(String what, byte[] text) throws FetchException {
    Map<String, String> fields = new HashMap<>();
    Map<String, FileDigest> indexes = new TreeMap<>();
    Map<String, FileDigest> others = new TreeMap<>();
    String field = "";
    for (String line : new String(text, UTF_8).lines().toList()) {
      int colon = line.indexOf(':');
      if (line.startsWith(" ")) {
        if (field.equals("sha256")) {
          addIndex(what, StrongHash.SHA256, line.strip(), indexes);
        } else if (field.equals("sha512")) {
          addIndex(what, StrongHash.SHA512, line.strip(), others);
        }
      } else if (colon > 0) {
        field = line.substring(0, colon).toLowerCase(Locale.ROOT);
        fields.put(field, line.substring(colon + 1).strip());
      }
    }
    others.forEach(indexes::putIfAbsent);
    if (indexes.isEmpty()) {
      throw new FetchException(
          what + " lists no file under SHA256 or SHA512; the repository needs newer" + " tools");
    }
    return new ReleaseFile(fields, indexes);
  }

  private static void addIndex(
      String what, StrongHash hash, String line, Map<String, FileDigest> indexes)
      throws FetchException {
    String[] words = line.split("\\s+", -1);
    if (words.length != 3
        || !StrongHash.ofText(words[0]).equals(Optional.of(hash))
        || !words[1].matches("\\d{1,12}")) {
      throw new FetchException(
          what + " has a malformed line under " + hash.directory() + ": " + line);
    }
    indexes.put(words[2], new FileDigest(Long.parseLong(words[1]), words[0]));
  }

  /**
   * Refuses a Release file that is expired, or not valid yet.
   *
   * @param untilCounts false for an archive, whose files are expired for good
   */
  void check(String what, boolean untilCounts, Instant now) throws FetchException {
    Optional<Instant> validUntil = instant(what, "valid-until");
    if (untilCounts && validUntil.isPresent() && validUntil.get().isBefore(now)) {
      throw new FetchException(
          what
              + " expired at "
              + validUntil.get()
              + ": the mirror is no longer updated, or this machine's clock is wrong; use another"
              + " mirror, correct the clock, or, of an archive that stays as it is, set"
              + " check-valid-until: false");
    }
    Instant date = date(what);
    if (date.isAfter(now.plus(CLOCK_SKEW))) {
      throw new FetchException(
          what + " is dated " + date + ", in the future; correct this machine's clock");
    }
  }

  /** Whether it says that it is that suite, by either of its names, or says nothing. */
  boolean isNamed(SuiteLocation location) {
    String suite = location.suite();
    // The old security suites "bookworm/updates" call themselves by the part before the slash.
    String shortSuite = suite.replaceFirst("/.*", "");
    List<String> names = List.of(suite(), codename());
    boolean silent = suite().isEmpty() && codename().isEmpty();
    return silent || location.isFlat() || names.contains(suite) || names.contains(shortSuite);
  }

  String suite() {
    return fields.getOrDefault("suite", "");
  }

  String codename() {
    return fields.getOrDefault("codename", "");
  }

  /** When it was made; the epoch if it doesn't say. */
  Instant date(String what) throws FetchException {
    return instant(what, "date").orElse(Instant.EPOCH);
  }

  boolean acquireByHash() {
    return isYes("acquire-by-hash");
  }

  /** apt's priority of the packages of such a release (apt_preferences(5)). */
  int priority() {
    if (!isYes("notautomatic")) {
      return 500;
    }
    return isYes("butautomaticupgrades") ? 100 : 1;
  }

  /** Whether it is a suite of security updates, as Debian and Ubuntu name theirs. */
  boolean isSecurity() {
    return fields.getOrDefault("label", "").equals("Debian-Security")
        || suite().endsWith("-security")
        || codename().endsWith("-security");
  }

  /** Whether packages for all architectures have an index of their own, as apt decides it. */
  boolean hasIndexForAll() {
    return words("architectures").contains("all")
        && !words("no-support-for-architecture-all").contains("Packages");
  }

  /** Whether its repository has packages for an architecture, as far as it says. */
  boolean hasArchitecture(String architecture) {
    return words("architectures").isEmpty() || words("architectures").contains(architecture);
  }

  /** Whether its repository has a component, as far as it says. */
  boolean hasComponent(String component) {
    // "updates/main" of the old security suites is "main" to apt.
    return words("components").isEmpty()
        || words("components").stream()
            .anyMatch(each -> each.equals(component) || each.endsWith("/" + component));
  }

  List<String> words(String field) {
    String value = fields.getOrDefault(field, "").strip();
    return value.isEmpty() ? List.of() : List.of(value.split("\\s+", -1));
  }

  private boolean isYes(String field) {
    return fields.getOrDefault(field, "no").equalsIgnoreCase("yes");
  }

  private Optional<Instant> instant(String what, String field) throws FetchException {
    String value = fields.get(field);
    if (value == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(ReleaseDate.parse(value));
    } catch (DateTimeException e) {
      throw new FetchException(what + " has a malformed date in " + field + ": " + value, e);
    }
  }
}
