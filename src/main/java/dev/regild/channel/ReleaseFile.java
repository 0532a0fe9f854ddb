package dev.regild.channel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
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

  static ReleaseFile parse(String what, byte[] text) throws ChannelException {
    Map<String, String> fields = new HashMap<>();
    Map<String, FileDigest> indexes = new TreeMap<>();
    String field = "";
    for (String line : new String(text, UTF_8).lines().toList()) {
      int colon = line.indexOf(':');
      if (line.startsWith(" ")) {
        if (field.equals("sha256")) {
          addIndex(what, line.strip(), indexes);
        }
      } else if (colon > 0) {
        field = line.substring(0, colon).toLowerCase(Locale.ROOT);
        fields.put(field, line.substring(colon + 1).strip());
      }
    }
    if (indexes.isEmpty()) {
      throw new ChannelException(
          what + " lists no file under SHA256; its repository must be made by newer tools");
    }
    return new ReleaseFile(fields, indexes);
  }

  private static void addIndex(String what, String line, Map<String, FileDigest> indexes)
      throws ChannelException {
    String[] words = line.split("\\s+", -1);
    if (words.length != 3 || !Sha256.isHex(words[0]) || !words[1].matches("\\d{1,12}")) {
      throw new ChannelException(what + " has a malformed line under SHA256: " + line);
    }
    indexes.put(words[2], new FileDigest(Long.parseLong(words[1]), words[0]));
  }

  /** Refuses a Release file of another suite, one that is expired, or not valid yet. */
  void check(String what, String suite, Instant now) throws ChannelException {
    String suiteField = fields.getOrDefault("suite", "");
    String codename = fields.getOrDefault("codename", "");
    boolean named = !suiteField.isEmpty() || !codename.isEmpty();
    // The old security suites "bookworm/updates" call themselves by the part before the slash.
    String shortSuite = suite.replaceFirst("/.*", "");
    List<String> names = List.of(suiteField, codename);
    if (named && !names.contains(suite) && !names.contains(shortSuite)) {
      throw new ChannelException(
          what
              + " is the suite '"
              + suiteField
              + "' ("
              + codename
              + "), not '"
              + suite
              + "'; correct suites, or use another mirror");
    }
    Optional<Instant> validUntil = instant(what, "valid-until");
    if (validUntil.isPresent() && validUntil.get().isBefore(now)) {
      throw new ChannelException(
          what
              + " expired at "
              + validUntil.get()
              + ": the mirror is no longer updated, or this machine's clock is wrong; use another"
              + " mirror, or correct the clock");
    }
    Instant date = date(what);
    if (date.isAfter(now.plus(CLOCK_SKEW))) {
      throw new ChannelException(
          what + " is dated " + date + ", in the future; correct this machine's clock");
    }
  }

  /** When it was made; the epoch if it doesn't say. */
  Instant date(String what) throws ChannelException {
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
        || fields.getOrDefault("suite", "").endsWith("-security")
        || fields.getOrDefault("codename", "").endsWith("-security");
  }

  /** Whether packages for all architectures have an index of their own, as apt decides it. */
  boolean hasIndexForAll() {
    return words("architectures").contains("all")
        && !words("no-support-for-architecture-all").contains("Packages");
  }

  List<String> words(String field) {
    String value = fields.getOrDefault(field, "").strip();
    return value.isEmpty() ? List.of() : List.of(value.split("\\s+", -1));
  }

  private boolean isYes(String field) {
    return fields.getOrDefault(field, "no").equalsIgnoreCase("yes");
  }

  private Optional<Instant> instant(String what, String field) throws ChannelException {
    String value = fields.get(field);
    if (value == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          Instant.from(
              DateTimeFormatter.RFC_1123_DATE_TIME.parse(value.replaceFirst("(UTC|Z)$", "GMT"))));
    } catch (DateTimeException e) {
      throw new ChannelException(what + " has a malformed date in " + field + ": " + value, e);
    }
  }
}
