package dev.regild.channel;

import dev.regild.plan.RpmVersion;
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
 * @param location relative to the repository's root; Amazon's and others leave it by {@code ..},
 *     but none leaves the server
 * @param size bytes
 * @param sha256 lower-case hexadecimal
 * @param obsoletes the packages whose place it takes
 */
record RpmPackage(
    String name,
    String version,
    String architecture,
    String location,
    long size,
    String sha256,
    List<Obsoleted> obsoletes) {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+~^-]{0,254}");
  private static final Pattern VERSION =
      Pattern.compile("(?:\\d+:)?[^-:\\s]{1,120}-[^-:\\s]{1,120}");
  private static final Pattern SIZE = Pattern.compile("\\d{1,15}");
  private static final Pattern FILE = Pattern.compile("(?:.*/)?[A-Za-z0-9_][^/\\s]*\\.rpm");

  RpmPackage {
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
  }

  /**
   * Reads a primary index, one package after the other.
   *
   * @param primary uncompressed, its SHA-256 verified
   * @throws IOException if it is malformed, or a package in it is
   */
  static void readAll(InputStream primary, Visitor visitor) throws IOException {
    XmlScanner.scan(primary, new Reading(visitor));
  }

  /** Whether a location is relative and stays below the repository's root. */
  static boolean isBelow(String location) {
    return isRelative(location) && !location.matches("(?:.*/)?\\.\\.(?:/.*)?");
  }

  private static boolean isRelative(String location) {
    try {
      URI uri = new URI(location);
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
          boolean sha256 = element.attribute("type").equals("sha256");
          String hash = element.text();
          values.put("sha256", sha256 ? hash : "");
        }
        case "metadata/package/size" -> values.put("size", element.attribute("package"));
        case "metadata/package/location" -> values.put("location", element.attribute("href"));
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
      String location = value("location");
      boolean good =
          WORD.matcher(value("name")).matches()
              && WORD.matcher(value("arch")).matches()
              && VERSION.matcher(value("version")).matches()
              && Sha256.isHex(value("sha256"))
              && SIZE.matcher(value("size")).matches()
              && isRelative(location)
              && FILE.matcher(location).matches();
      if (!good) {
        throw new IOException(
            "the package '"
                + value("name")
                + "' has no good name, version, location, size or SHA-256; its repository must be"
                + " made by newer tools");
      }
      visitor.visit(
          new RpmPackage(
              value("name"),
              value("version"),
              value("arch"),
              location,
              Long.parseLong(value("size")),
              value("sha256"),
              obsoletes));
    }

    private String value(String key) {
      return values.getOrDefault(key, "");
    }
  }
}
