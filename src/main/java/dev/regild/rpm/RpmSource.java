package dev.regild.rpm;

import dev.regild.channel.PackageSource;
import dev.regild.channel.PackageSystem;
import dev.regild.channel.RepositoryUri;
import dev.regild.fetch.KeyText;
import dev.regild.fetch.Route;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A package repository in dnf's terms (dnf.conf(5)): a directory with {@code repodata/repomd.xml}.
 *
 * @param locator what the URI is
 * @param uri {@code http}, {@code https} or {@code file}; may have the variables {@code
 *     $releasever} and {@code $basearch}
 * @param architecture rpm's word for the machines: {@code x86_64}
 * @param gpgKey whose signature of repomd.xml is trusted: the path of a keyring, or the armored
 *     public key itself; empty where the repository signs none, and then the URI must be {@code
 *     https} or {@code file}
 * @param moduleHotfixes whether its packages count whatever streams of modules an image has chosen,
 *     as dnf's {@code module_hotfixes}
 * @param route how its servers are reached
 */
public record RpmSource(
    Locator locator,
    String uri,
    String architecture,
    String gpgKey,
    boolean moduleHotfixes,
    Route route)
    implements PackageSource {
  private static final Pattern WORD = Pattern.compile("[a-z0-9_]{2,16}");

  /** What the URI of a source leads to. */
  public enum Locator {
    /** The root of the repository itself. */
    BASEURL,
    /** A text with the root of a mirror on each line. */
    MIRRORLIST,
    /** A document with mirrors, and with the hashes that repomd.xml may have. */
    METALINK;

    /** Its key in a channel's file. */
    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @throws IllegalArgumentException if a value can't be used; the message begins with its key in a
   *     channel's file
   */
  public RpmSource {
    if (!WORD.matcher(architecture).matches()) {
      throw new IllegalArgumentException(
          "architecture: '" + architecture + "' can't be used; write for example x86_64");
    }
    // Any release will do to see whether it is a URI.
    String example = RpmVariables.substituted(locator.key(), uri, "8", architecture);
    if (locator == Locator.BASEURL) {
      RepositoryUri.checked(locator.key(), example);
      uri = uri.replaceFirst("/+$", "");
    } else {
      RepositoryUri.checkedList(locator.key(), example);
    }
    if (gpgKey.isEmpty() && example.startsWith("http:")) {
      throw new IllegalArgumentException(
          "gpgkey: is missing, and plain http cannot be verified without it; name the key that"
              + " signs repomd.xml, or use https");
    }
    if (!gpgKey.isEmpty()) {
      KeyText.check("gpgkey", gpgKey);
    }
  }

  /** A repository whose packages obey modules, reached in the usual way. */
  public RpmSource(Locator locator, String uri, String architecture, String gpgKey) {
    this(locator, uri, architecture, gpgKey, false, Route.DEFAULT);
  }

  /** A repository whose root is known. */
  public RpmSource(String baseUrl, String architecture, String gpgKey) {
    this(Locator.BASEURL, baseUrl, architecture, gpgKey);
  }

  /** The same source with its variables substituted for that platform. */
  RpmSource in(String platform) {
    String release = RpmVariables.releaseOf(platform);
    return new RpmSource(
        locator,
        RpmVariables.substituted(locator.key(), uri, release, architecture),
        architecture,
        gpgKey,
        moduleHotfixes,
        route);
  }

  /**
   * The URI that stands for the repository in a snapshot, whichever mirror serves it. A guest's dnf
   * appends paths to it, so it has no query.
   */
  String identity() {
    return uri.replace('?', '/');
  }

  /** All below the root; of a list of mirrors all of its server, as its mirrors may be there. */
  @Override
  public Optional<String> certificateScope(String platform) {
    String place = in(platform).uri();
    String scope =
        locator == Locator.BASEURL ? place + "/" : URI.create(place).resolve("/").toString();
    return Optional.of(scope).filter(each -> each.startsWith("https:"));
  }

  @Override
  public PackageSystem system() {
    return new RpmPackageSystem();
  }

  @Override
  public Map<String, Object> keys() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put(locator.key(), uri);
    keys.put("architecture", architecture);
    if (!gpgKey.isEmpty()) {
      keys.put("gpgkey", gpgKey);
    }
    if (moduleHotfixes) {
      keys.put("module_hotfixes", true);
    }
    return keys;
  }

  @Override
  public String text() {
    return locator.key() + " " + uri;
  }

  /** rpm's word for the machine that this runs on. */
  public static String hostArchitecture() {
    String name = System.getProperty("os.arch", "amd64");
    return name.equals("amd64") ? "x86_64" : name;
  }
}
