package dev.regild.rpm;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.regild.channel.Kept;
import dev.regild.channel.PackageTable;
import dev.regild.files.StrongHash;
import dev.regild.files.XmlScanner;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * One package of a repository, as its primary index describes it.
 *
 * @param version {@code epoch:version-release}, without an epoch of 0
 * @param base where the location counts from, if not from the repository's root: the URI of another
 *     place, or a path below the root; else empty
 * @param location relative to the base; Amazon's and others leave it by {@code ..}, but none leaves
 *     the server
 * @param size bytes
 * @param hash a {@link StrongHash} in lower-case hexadecimal
 * @param obsoletes the packages whose place it takes
 */
record RpmPackage(
    String name,
    String version,
    String architecture,
    String base,
    String location,
    long size,
    String hash,
    List<Obsoleted> obsoletes) {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+~^-]{0,254}");
  private static final Pattern VERSION =
      Pattern.compile("(?:\\d+:)?[^-:\\s]{1,120}-[^-:\\s]{1,120}");
  private static final Pattern SIZE = Pattern.compile("\\d{1,15}");
  private static final Pattern FILE = Pattern.compile("(?:.*/)?[A-Za-z0-9_][^/\\s]*\\.rpm");
  private static final Pattern ABSOLUTE = Pattern.compile("(?i)[a-z][a-z0-9+.-]*://.*");
  private static final Pattern REMOTE = Pattern.compile("(?i)https?://[^/\\s]+(/[^?#\\s]*)?");

  /** The guest's half lays its repositories out that deep, so that none reaches out of its own. */
  private static final int MOST_UP = 30;

  public RpmPackage {
    obsoletes = List.copyOf(obsoletes);
  }

  /**
   * The packages of a name, in a range of versions.
   *
   * @param flags {@code LT}, {@code LE}, {@code EQ}, {@code GE} or {@code GT}; empty for all
   * @param version where the range ends; without a release if that does not matter
   */
  record Obsoleted(String name, String flags, String version) {
    /** Whether an installed version of that name is in the range. */
    boolean covers(String installed) {
      boolean withRelease = version.lastIndexOf('-') >= 0;
      String compared = withRelease ? installed : installed.replaceFirst("-[^-]*$", "");
      int order = RpmVersion.compare(compared, version);
      return switch (flags) {
        case "" -> true;
        case "LT" -> order < 0;
        case "LE" -> order <= 0;
        case "EQ" -> order == 0;
        case "GE" -> order >= 0;
        case "GT" -> order > 0;
        default -> false;
      };
    }
  }

  /** Is given each package as it is read. */
  interface Visitor {
    void visit(RpmPackage each) throws IOException;

    /** A package that can't be used. */
    default void odd(Odd each) throws IOException {
      // Whoever made the snapshot has told of it.
    }
  }

  /**
   * A package that can't be used.
   *
   * @param why what is wrong with it
   */
  record Odd(String name, String architecture, String version, String why) {
    private static final int LONGEST = 200;

    /** Whether a package manager can be told to leave it out. */
    boolean canBeNamed() {
      return WORD.matcher(name).matches()
          && WORD.matcher(architecture).matches()
          && VERSION.matcher(version).matches();
    }

    @Override
    public String toString() {
      String text = "'%s' %s %s".formatted(name, version, why);
      return text.substring(0, Math.min(LONGEST, text.length())).replaceAll("\\p{Cntrl}", "?");
    }
  }

  /** Adds it to a table. */
  void addTo(PackageTable.Builder<RpmContents.Membership> table, RpmContents.Membership membership)
      throws IOException {
    table.add(
        PackageTable.Text.of(name),
        PackageTable.Text.of(architecture),
        PackageTable.Text.of(version),
        membership);
  }

  /**
   * Reads a primary index, one package after the other.
   *
   * @param primary uncompressed, its SHA-256 verified
   * @throws IOException if it is malformed
   */
  static void readAll(InputStream primary, Visitor visitor) throws IOException {
    XmlScanner.scan(primary, new Reading(visitor));
  }

  /**
   * How a guest names the package's file: as the index spells it, not resolved.
   *
   * @param repository the root URI of its repository
   */
  String address(String repository) {
    String start = base.isEmpty() || isAbsolute(base) ? base : repository + "/" + base;
    return (start.isEmpty() ? repository : start.replaceFirst("/+$", "")) + "/" + location;
  }

  /**
   * Where the package's file is.
   *
   * @param root the URI of its repository at one of its mirrors
   */
  URI place(String root) {
    if (isAbsolute(base)) {
      return below(base, location);
    }
    String whole = base.isEmpty() ? location : base.replaceFirst("/+$", "") + "/" + location;
    return below(root, whole);
  }

  private static URI below(String root, String path) {
    URI place = URI.create(root.replaceFirst("/+$", "") + "/").resolve(escaped(path));
    // What leads out of the server ends at its root, as for curl.
    return URI.create(place.toString().replaceFirst("^([^:]+://[^/]*)(?:/\\.\\.)+/", "$1/"));
  }

  private static boolean isAbsolute(String base) {
    return ABSOLUTE.matcher(base).matches();
  }

  /** Whether a location is relative and stays below the repository's root. */
  static boolean isBelow(String location) {
    return isRelative(location) && !location.matches("(?:.*/)?\\.\\.(?:/.*)?");
  }

  private static boolean isRelative(String location) {
    try {
      URI uri = new URI(escaped(location));
      return !location.isEmpty()
          && uri.getScheme() == null
          && uri.getRawAuthority() == null
          && !location.startsWith("/")
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** How many directories a path leads up from where it begins, at the most. */
  private static int up(String path) {
    int depth = 0;
    int lowest = 0;
    for (String each : path.split("/", -1)) {
      if (each.equals("..")) {
        lowest = Math.min(lowest, --depth);
      } else if (!each.isEmpty() && !each.equals(".")) {
        depth++;
      }
    }
    return -lowest;
  }

  /**
   * What an index writes as it is and a URI may not hold, as the {@code ^} of a version, in the
   * form that a URI has for it; what is in that form already stays.
   */
  static String escaped(String path) {
    StringBuilder result = new StringBuilder(path.length() + 8);
    byte[] bytes = path.getBytes(UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      int c = bytes[i] & 0xff;
      boolean bare = c == '%' && !isEscape(bytes, i);
      if (c <= 0x20 || c >= 0x7f || "\"<>\\^`{|}[]".indexOf(c) >= 0 || bare) {
        result.append(String.format("%%%02X", c));
      } else {
        result.append((char) c);
      }
    }
    // A colon in the first segment would make what stands before it a scheme.
    return path.replaceFirst("/.*", "").contains(":") ? "./" + result : result.toString();
  }

  private static boolean isEscape(byte[] bytes, int at) {
    return at + 2 < bytes.length
        && Character.digit(bytes[at + 1], 16) >= 0
        && Character.digit(bytes[at + 2], 16) >= 0;
  }

  private static final class Reading implements XmlScanner.Visitor {
    private static final String PACKAGE = "metadata/package";
    private final Visitor visitor;
    private final Map<String, String> values = new HashMap<>();
    private final List<Obsoleted> obsoletes = new ArrayList<>();

    /** Of all packages together. */
    private final Kept kept = new Kept("obsoleted packages", 1_000_000);

    Reading(Visitor visitor) {
      this.visitor = visitor;
    }

    @Override
    public void start(String path, XmlScanner element) throws IOException {
      switch (path) {
        case PACKAGE -> {
          values.clear();
          obsoletes.clear();
        }
        case "metadata/package/name" -> values.put("name", element.text());
        case "metadata/package/arch" -> values.put("arch", element.text());
        case "metadata/package/version" ->
            values.put(
                "version",
                RpmVersion.of(
                    element.attribute("epoch"),
                    element.attribute("ver"),
                    element.attribute("rel")));
        case "metadata/package/checksum" -> {
          String type = element.attribute("type");
          values.put("hash", StrongHash.checked(type, element.text()).orElse(""));
        }
        case "metadata/package/size" -> values.put("size", element.attribute("package"));
        case "metadata/package/location" -> {
          values.put("location", element.attribute("href"));
          values.put("base", element.base());
        }
        case "metadata/package/format/obsoletes/entry" -> {
          kept.add(1);
          obsoletes.add(obsoleted(element));
        }
        default -> {
          // Descriptions, dependencies, files: the guest's own package manager reads those.
        }
      }
    }

    private static Obsoleted obsoleted(XmlScanner entry) throws IOException {
      String version =
          RpmVersion.of(entry.attribute("epoch"), entry.attribute("ver"), entry.attribute("rel"));
      return new Obsoleted(
          entry.attribute("name"), entry.attribute("flags"), version.replaceFirst("-$", ""));
    }

    @Override
    public void end(String path) throws IOException {
      if (!path.equals(PACKAGE) || value("arch").equals("src") || value("arch").equals("nosrc")) {
        return;
      }
      String wrong = wrong();
      if (!wrong.isEmpty()) {
        visitor.odd(new Odd(value("name"), value("arch"), value("version"), wrong));
        return;
      }
      visitor.visit(
          new RpmPackage(
              value("name"),
              value("version"),
              value("arch"),
              value("base"),
              value("location"),
              Long.parseLong(value("size")),
              value("hash"),
              obsoletes));
    }

    /** Empty if nothing is. */
    private String wrong() {
      String location = value("location");
      String base = value("base");
      if (!WORD.matcher(value("name")).matches() || !WORD.matcher(value("arch")).matches()) {
        return "has no good name or architecture";
      }
      if (!VERSION.matcher(value("version")).matches()) {
        return "has no good version";
      }
      if (value("hash").isEmpty()) {
        return "has no SHA-256, SHA-384 or SHA-512";
      }
      if (!SIZE.matcher(value("size")).matches()) {
        return "has no size";
      }
      if (!isRelative(location) || !FILE.matcher(location).matches()) {
        return "has no good location (" + location + ")";
      }
      boolean based =
          base.isEmpty() || (isAbsolute(base) ? REMOTE.matcher(base).matches() : isRelative(base));
      return based && up(base + "/" + location) <= MOST_UP
          ? ""
          : "lies where it can't be fetched from (" + base + ", " + location + ")";
    }

    private String value(String key) {
      return values.getOrDefault(key, "");
    }
  }
}
